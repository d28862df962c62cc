"""Makes and renews the virtual environment in `.venv`; run by `make` with the system's Python.

Standard library only, and in the syntax of old Pythons where it checks the version. A new
environment is filled under another name and renamed when it is complete, so that an interruption
never leaves half of one. Stamps say what is installed; when nothing changed this takes no time.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True

VERSION_MIN = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
UNFINISHED = ROOT / ".venv.tmp"
CONSTRAINTS = ROOT / "requirements" / "constraints.txt"
# What decides which packages are installed; the package itself is installed as editable.
INPUTS = ("requirements/constraints.txt", "hatch_build.py", "scripts/page.py")
TABLES = ("build-system", "project")


class SetupError(Exception):
    """The environment cannot be made; the text says what to install or change."""


def check_python():
    """Errors: SetupError when this Python is too old or cannot make environments."""
    version = "%d.%d" % sys.version_info[:2]
    if sys.version_info < VERSION_MIN:
        raise SetupError(
            "Python %d.%d or newer is needed and python3 is %s; install it, or name another one:"
            " make up PYTHON=/path/to/python3.11" % (*VERSION_MIN, version)
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise SetupError(
            "This Python cannot make virtual environments; install the missing part:"
            " apt install python3-venv"
        ) from None


def say(text):
    print("==> " + text, flush=True)


def run(*command, patient=False):
    """Runs a command to its end; a patient one shows the seconds it takes on a terminal.

    Errors: SetupError, after the command's own words.
    """
    parts = [str(part) for part in command]
    process = subprocess.Popen(parts, cwd=str(ROOT))
    began = time.monotonic()
    while True:
        try:
            code = process.wait(timeout=1)
            break
        except subprocess.TimeoutExpired:
            if patient and sys.stdout.isatty():
                print("    %d s\r" % (time.monotonic() - began), end="", flush=True)
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if code != 0:
        raise SetupError("`%s` failed; see above." % " ".join(parts))


def pip(venv, *arguments):
    run(
        venv / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-warn-script-location",
        "--quiet",
        "--constraint",
        CONSTRAINTS,
        *arguments,
    )


def digest(extra):
    import tomllib  # not there before VERSION_MIN

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    tables = json.dumps([project[name] for name in TABLES] + [project["tool"]["hatch"]])
    total = hashlib.sha256(f"{sys.version}\n{extra}\n{tables}".encode())
    for name in INPUTS:
        total.update((ROOT / name).read_bytes())
    return total.hexdigest()


def stamp(venv, extra):
    return venv / (".installed" + ("-" + extra if extra else ""))


def is_current(venv, extra):
    path = stamp(venv, extra)
    return path.is_file() and path.read_text() == digest(extra)


def fill(venv, extra):
    """Installs the page's builder, builds the page, installs Folkmoot with what it needs."""
    sys.path.insert(0, str(ROOT / "scripts"))
    import page

    say("Fetching Node for the page's build")
    # hatchling without isolation: pinned by the constraints too, and quicker.
    pip(venv, page.NODE_REQUIREMENT, "hatchling", "editables")
    build_page(venv)
    say("Fetching the Python packages" + (" and those of the tests" if extra else ""))
    pip(venv, "--no-build-isolation", "--editable", ".[%s]" % extra if extra else ".")
    stamp(venv, extra).write_text(digest(extra))
    if extra:
        stamp(venv, "").write_text(digest(""))


def build_page(venv):
    run(venv / "bin" / "python", ROOT / "scripts" / "page.py")


def move(source, target):
    """Renames an environment and the paths in its scripts, which hold the old one."""
    old, new = os.fsencode(str(source)), os.fsencode(str(target))
    for path in [*(source / "bin").iterdir(), source / "pyvenv.cfg"]:
        if path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        if old in content and b"\0" not in content:
            path.write_bytes(content.replace(old, new))
    os.rename(str(source), str(target))


def make_new(extra):
    shutil.rmtree(str(UNFINISHED), ignore_errors=True)
    say("Making a virtual environment in .venv")
    run(sys.executable, "-m", "venv", "--prompt", "folkmoot", UNFINISHED, patient=True)
    fill(UNFINISHED, extra)
    if VENV.exists():
        shutil.rmtree(str(VENV))
    move(UNFINISHED, VENV)


def ensure(extra):
    """Makes `.venv` hold Folkmoot (with the extra of that name), and the page current."""
    if not is_usable():
        began = time.monotonic()
        make_new(extra)
        say("Installed in %d s" % (time.monotonic() - began))
    elif not is_current(VENV, extra):
        fill(VENV, extra)
    else:
        build_page(VENV)


def is_usable():
    """Whether `.venv` has a Python that starts, the one that is asked for."""
    python = VENV / "bin" / "python"
    if not python.exists() or not any(VENV.glob(".installed*")):
        return False
    same = subprocess.run(
        [str(python), "-c", "import sys; print(sys.version)"], capture_output=True, text=True
    )
    return same.returncode == 0 and same.stdout.strip() == sys.version


def main():
    extra = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        check_python()
        ensure(extra)
    except SetupError as error:
        print("folkmoot: %s" % error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("folkmoot: interrupted; the next `make up` starts over.", file=sys.stderr)
        return 130
    finally:
        shutil.rmtree(str(UNFINISHED), ignore_errors=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
