"""`python -m folkmoot.cli.serve ROLE --id ID --data DIR`: one process, as its manager starts it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NoReturn

from folkmoot.servers.runtime import run_role


def main() -> NoReturn:
    parser = argparse.ArgumentParser(prog="folkmoot-serve")
    parser.add_argument("role")
    parser.add_argument("--id", required=True)
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    run_role(arguments.role, arguments.id, arguments.data)


if __name__ == "__main__":
    main()
