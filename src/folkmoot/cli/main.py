"""The command line: `folkmoot up`, `down`, `status`, `logs`, `version`.

Each command loads only what it needs, for `up` stays in memory as the launcher. An error is one
sentence on standard error; 2 is the exit code when the person at the keyboard can mend it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from folkmoot import __version__
from folkmoot.cli.drain import add_drain
from folkmoot.cli.drill import add_drill
from folkmoot.cli.grow import add_grow, run_grow
from folkmoot.cli.level import add_level
from folkmoot.cli.node import add_node
from folkmoot.cli.token import add_token, run_token
from folkmoot.cli.upgrade import add_upgrade
from folkmoot.data_folder import default_folder
from folkmoot.errors import OperatorError

EXIT_OPERATOR: Final = 2
URL_DEFAULT: Final = "http://127.0.0.1:8080"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code."""
    asked = parser().parse_args(arguments)
    asked.arguments = list(sys.argv[1:] if arguments is None else arguments)
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
    _add_up(commands.add_parser("up", help="start Folkmoot", allow_abbrev=False))
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
    backup = commands.add_parser("backup", help="write the running zone into a file")
    backup.add_argument("file", metavar="FILE", type=Path, help="a new file")
    backup.set_defaults(run=_backup)
    restore = commands.add_parser("restore", help="make a zone from a backup, in an empty folder")
    restore.add_argument("file", metavar="FILE", type=Path, help="what `folkmoot backup` wrote")
    restore.set_defaults(run=_restore)
    void = commands.add_parser("void", help="open a room again that an operation closed")
    void.add_argument("conference", metavar="CONFERENCE", help="as the log and the page name it")
    void.add_argument("sequence", metavar="SEQUENCE", type=int, help="the operation's position")
    void.set_defaults(run=_void)
    token = commands.add_parser("token", help="print what another machine needs to join")
    add_token(token)
    token.set_defaults(run=run_token)
    drain = commands.add_parser("drain", help="move all people off a node or a process")
    add_drain(drain)
    upgrade = commands.add_parser("upgrade", help="restart everything while people talk")
    add_upgrade(upgrade)
    drill = commands.add_parser("drill", help="inject faults, and report what people saw")
    add_drill(drill)
    level = commands.add_parser("level", help="show or raise the level of the rooms' behaviour")
    add_level(level)
    grow = commands.add_parser("grow", help="keep everything on three engine nodes")
    add_grow(grow)
    grow.set_defaults(run=run_grow)
    certificate = commands.add_parser("certificate", help="take a renewed certificate now")
    certificate.set_defaults(run=_certificate)
    node = commands.add_parser("node", help="remove or replace a machine of the zone")
    actions = add_node(node)
    version = commands.add_parser("version", help="print the version")
    version.set_defaults(run=_version)
    running = (certificate, down, status, logs, drain, drill, upgrade, level, *actions)
    for command in (*running, backup, restore, token, grow, void):
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
    up.add_argument(
        "--join", metavar="TOKEN", help="join a zone first; - reads the token, env: $FOLKMOOT_JOIN"
    )
    up.add_argument("--name", default="", help="this node's name in the zone it joins")
    up.add_argument("--zone-address", metavar="IP", help="let other nodes in, by this address")
    up.add_argument("--zone-port", type=int, metavar="PORT", help="first of three ports (7422)")
    up.add_argument("--advertise", metavar="URL", help="where people reach this node")
    up.add_argument("--tls-cert", type=Path, metavar="FILE", help="certificate for people (PEM)")
    up.add_argument("--tls-key", type=Path, metavar="FILE", help="its private key (PEM)")
    up.add_argument("--domain", metavar="NAME", help="automatic HTTPS for this name, by Caddy")
    up.add_argument("--https-port", type=int, metavar="N", help="of --domain (443)")
    up.add_argument("--http-port", type=int, metavar="N", help="of --domain (80); 0: none")
    up.add_argument(
        "--internal-ca",
        action=argparse.BooleanOptionalAction,
        help="with --domain: certificates of an authority of its own",
    )
    up.add_argument(
        "--insecure",
        action=argparse.BooleanOptionalAction,
        help="let other machines in without encryption; the page says so",
    )
    up.add_argument("--role", metavar="ROLES", help="run these only, such as web,front")
    up.add_argument("--no-engine", action="store_true", help="run everything but an engine")
    up.add_argument("--detach", action="store_true", help="go to the background once ready")
    up.add_argument("--plan", type=Path, help=argparse.SUPPRESS)
    up.set_defaults(run=_up)


def _up(asked: argparse.Namespace) -> int:
    from folkmoot.servers.launcher.options import ROLES, ZONE_PORT, Options, check_exposure

    data = asked.data.resolve()
    roles = tuple(asked.role.split(",")) if asked.role is not None else None
    if asked.no_engine:
        roles = tuple(role for role in roles or ROLES if role != "engine")
    options = Options(
        data=data,
        host=asked.host,
        port=asked.port,
        collaboration_servers=asked.collaboration_servers,
        engine=asked.engine,
        plan=asked.plan,
        advertise=asked.advertise,
        roles=roles,
        zone_address=asked.zone_address,
        zone_port=asked.zone_port,
        insecure=asked.insecure,
        tls_cert=asked.tls_cert,
        tls_key=asked.tls_key,
        domain=asked.domain,
        https_port=asked.https_port,
        http_port=asked.http_port,
        internal_ca=asked.internal_ca,
    )
    if asked.join is not None:
        from folkmoot.servers.launcher.join import join, token_text

        # Before the token is used up.
        check_exposure(options)
        zone = join(
            data,
            token_text(asked.join),
            name=asked.name,
            zone_address=asked.zone_address or "",
            zone_port=asked.zone_port or ZONE_PORT,
        )
        print(f"This node has joined the zone {zone}.", flush=True)
        # Started anew: the token leaves the command line, and the launcher stays small.
        again = [sys.executable, "-P", "-m", "folkmoot.cli.main", *_without_join(asked.arguments)]
        os.execv(sys.executable, again)
    from folkmoot.servers.launcher.up import up

    return up(options, detach=asked.detach)


def _without_join(arguments: Sequence[str]) -> list[str]:
    """The command line with neither token nor name, which are kept by now."""
    left: list[str] = []
    skip = False
    for word in arguments:
        if (
            not skip
            and not word.startswith(("--join=", "--name="))
            and (word not in ("--join", "--name"))
        ):
            left.append(word)
        skip = not skip and word in ("--join", "--name")
    return left


def _down(asked: argparse.Namespace) -> int:
    from folkmoot.cli.down import down

    return down(asked.data.resolve())


def _status(asked: argparse.Namespace) -> int:
    from folkmoot.cli.status import status

    return status(asked.data.resolve(), asked.url, as_json=asked.json)


def _logs(asked: argparse.Namespace) -> int:
    from folkmoot.cli.logs import logs

    return logs(asked.data.resolve(), asked.id, lines_max=asked.lines, follow=asked.follow)


def _backup(asked: argparse.Namespace) -> int:
    from folkmoot.cli.backup import backup

    return backup(asked.data.resolve(), asked.file)


def _restore(asked: argparse.Namespace) -> int:
    from folkmoot.cli.restore import restore

    return restore(asked.data.resolve(), asked.file)


def _void(asked: argparse.Namespace) -> int:
    from folkmoot.cli.void import void

    return void(asked.data.resolve(), asked.conference, asked.sequence)


def _certificate(asked: argparse.Namespace) -> int:
    from folkmoot.cli.certificate import certificate

    return certificate(asked.data.resolve())


def _version(asked: argparse.Namespace) -> int:
    print(f"folkmoot {__version__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
