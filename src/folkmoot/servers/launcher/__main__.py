"""`python -m folkmoot.servers.launcher`: takes the place of a launcher that was killed.

Started by the process manager, from which it inherits the listening socket and the lock.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from folkmoot.servers.launcher.launcher import LINK_FD, LISTEN_FD, LOCK_FD, Launcher
from folkmoot.servers.launcher.up import say


def main() -> int:
    parser = argparse.ArgumentParser(prog="folkmoot-launcher")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--manager-pid", type=int, required=True)
    parser.add_argument("--plan", type=Path)
    arguments = parser.parse_args()
    listen_fd, lock_fd, link_fd = (
        int(os.environ.pop(name)) for name in (LISTEN_FD, LOCK_FD, LINK_FD)
    )
    for descriptor in (listen_fd, lock_fd, link_fd):
        os.set_inheritable(descriptor, False)
    launcher = Launcher(
        arguments.data,
        listen_fd=listen_fd,
        lock_fd=lock_fd,
        say=say,
        on_ready=lambda: None,
        plan=arguments.plan,
        manager_pid=arguments.manager_pid,
        link_fd=link_fd,
    )
    return launcher.run()


if __name__ == "__main__":
    sys.exit(main())
