"""`folkmoot up`: in the foreground, or handed to the background once ready."""

from __future__ import annotations

import os
import select
import sys
import traceback
from collections.abc import Callable
from typing import Final, NoReturn

from folkmoot import __version__
from folkmoot.errors import OperatorError
from folkmoot.servers.interpreter import forget
from folkmoot.servers.launcher.launcher import Launcher
from folkmoot.servers.launcher.options import Options, take_hold

EXIT_OPERATOR: Final = 2


def say(line: str) -> None:
    """Prints a line if somebody takes it: a full pipe or a gone terminal must not stop us."""
    try:
        _, writable, _ = select.select([], [1], [], 0)
        if writable:
            os.write(1, line.encode(errors="replace") + b"\n")
    except (OSError, ValueError):
        pass


def up(options: Options, *, detach: bool) -> int:
    """Runs a zone until it is stopped, or with `detach` until it is ready."""
    return _detached(options) if detach else _foreground(options, on_ready=lambda: None)


def _foreground(options: Options, *, on_ready: Callable[[], None]) -> int:
    try:
        holdings = take_hold(options)
    except OperatorError as error:
        print(error, file=sys.stderr, flush=True)
        return EXIT_OPERATOR
    say(f"Folkmoot {__version__} starts on {options.data}")
    for warning in holdings.warnings:
        say(warning)
    forget(options.data)
    node = holdings.node

    def ready() -> None:
        say(f"Folkmoot is ready: {node.url if node.domain else node.own_url}")
        on_ready()

    launcher = Launcher(
        options.data,
        listen_fd=holdings.listen_fd,
        lock_fd=holdings.lock_fd,
        say=say,
        on_ready=ready,
        plan=options.plan,
    )
    return launcher.run()


def _detached(options: Options) -> int:
    """Lets a child in a session of its own be the launcher, and passes on what it says."""
    sys.stdout.flush()
    said, saying = os.pipe()
    readied, readying = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(said)
        os.close(readied)
        _background(options, saying, readying)
    os.close(saying)
    os.close(readying)
    while part := os.read(said, 4_096):
        os.write(1, part)
    # What it said ends when it is ready, or has ended.
    if os.read(readied, 1):
        return 0
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _background(options: Options, saying: int, readying: int) -> NoReturn:
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(saying, 1)
    os.dup2(saying, 2)
    os.close(nothing)
    os.close(saying)

    def ready() -> None:
        output = os.open(
            options.data / "logs" / "launcher.out", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
        )
        os.write(readying, b"1")
        os.close(readying)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)

    code = 1
    try:
        code = _foreground(options, on_ready=ready)
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        # This is a forked child: it may not return into its parent's code, whatever happened.
        sys.stdout.flush()
        os._exit(code)
