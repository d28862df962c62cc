"""The command line: `folkmoot up`, `down`, `status`, `logs`, `version`.

Each command loads only what it needs, for `up` stays in memory as the launcher. An error is one
sentence on standard error; 2 is the exit code when the person at the keyboard can mend it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from folkmoot import __version__
from folkmoot.data_folder import default_folder
from folkmoot.errors import OperatorError

EXIT_OPERATOR: Final = 2
URL_DEFAULT: Final = "http://127.0.0.1:8080"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code."""
    asked = parser().parse_args(arguments)
    try:
        code: int = asked.run(asked)
    except OperatorError as error:
        print(error, file=sys.stderr)
        return EXIT_OPERATOR
    except BrokenPipeError:
        # Who read our output has enough of it; the interpreter must not flush into the pipe again.
        sys.stdout = None
        return 0
    except KeyboardInterrupt:
        return 130
    return code


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="folkmoot", description="Live conferences that go on when any process fails."
    )
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_up(commands.add_parser("up", help="start Folkmoot"))
    down = commands.add_parser("down", help="stop Folkmoot")
    down.set_defaults(run=_down)
    status = commands.add_parser("status", help="show the processes")
    status.add_argument("--json", action="store_true", help="print it for programs")
    status.add_argument("--url", help=f"ask this server, such as {URL_DEFAULT}")
    status.set_defaults(run=_status)
    logs = commands.add_parser("logs", help="show what a process logged")
    logs.add_argument("id", nargs="?", metavar="ID", help="a process, such as web-1; default: all")
    logs.add_argument("--follow", "-f", action="store_true", help="go on as more is logged")
    logs.add_argument("--lines", "-n", type=int, default=40, help="how many lines (default 40)")
    logs.set_defaults(run=_logs)
    void = commands.add_parser("void", help="open a room again that an operation closed")
    void.add_argument("conference", metavar="CONFERENCE", help="as the log and the page name it")
    void.add_argument("sequence", metavar="SEQUENCE", type=int, help="the operation's position")
    void.set_defaults(run=_void)
    version = commands.add_parser("version", help="print the version")
    version.set_defaults(run=_version)
    for command in (down, status, logs, void):
        _add_data(command)
    return top


def _add_data(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--data",
        type=lambda told: Path(told).absolute(),
        default=default_folder(),
        metavar="DIR",
        help="the data folder (default: $FOLKMOOT_DATA or %(default)s)",
    )


def _add_up(up: argparse.ArgumentParser) -> None:
    _add_data(up)
    up.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    up.add_argument("--port", type=int, default=8080, help="port to listen on (%(default)s)")
    up.add_argument("--collaboration-servers", type=int, metavar="N", help="how many (2)")
    up.add_argument("--engine", metavar="URL", help="use this engine (nats://...), not our own")
    up.add_argument("--detach", action="store_true", help="go to the background once ready")
    up.add_argument("--plan", type=Path, help=argparse.SUPPRESS)
    up.set_defaults(run=_up)


def _up(asked: argparse.Namespace) -> int:
    from folkmoot.servers.launcher.options import Options
    from folkmoot.servers.launcher.up import up

    options = Options(
        data=asked.data.resolve(),
        host=asked.host,
        port=asked.port,
        collaboration_servers=asked.collaboration_servers,
        engine=asked.engine,
        plan=asked.plan,
    )
    return up(options, detach=asked.detach)


def _down(asked: argparse.Namespace) -> int:
    from folkmoot.cli.down import down

    return down(asked.data.resolve())


def _status(asked: argparse.Namespace) -> int:
    from folkmoot.cli.status import status

    return status(asked.data.resolve(), asked.url, as_json=asked.json)


def _logs(asked: argparse.Namespace) -> int:
    from folkmoot.cli.logs import logs

    return logs(asked.data.resolve(), asked.id, lines_max=asked.lines, follow=asked.follow)


def _void(asked: argparse.Namespace) -> int:
    from folkmoot.cli.void import void

    return void(asked.data.resolve(), asked.conference, asked.sequence)


def _version(asked: argparse.Namespace) -> int:
    print(f"folkmoot {__version__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
