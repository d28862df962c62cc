"""A tiny role for tests: beats like a real process, and does nothing else.

tiny.py ID DATA [--crash] [--ignore-term] [--never-ready] [--stop-file FILE] [--child]
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

BEAT_S = 0.1


def main() -> int:
    id, data, *flags = sys.argv[1:]
    if "--crash" in flags:
        print(f"{id} cannot start: this one is poisonous", file=sys.stderr, flush=True)
        return 1
    stopping: list[int] = []
    if "--ignore-term" in flags:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, lambda number, frame: stopping.append(number))
    if "--child" in flags:
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    beats = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    folder = os.open(Path(data) / "run", os.O_RDONLY)
    state = "starting" if "--never-ready" in flags else "ready"
    beat = {
        "id": id,
        "pid": os.getpid(),
        "incarnation": f"i{os.getpid()}",
        "state": state,
        "connections": 3,
        "conferences": 2,
    }
    while not stopping:
        try:
            beats.sendto(json.dumps(beat).encode(), f"/proc/self/fd/{folder}/notify.sock")
        except OSError:
            pass
        time.sleep(BEAT_S)
    with open(Path(data) / "stopped.txt", "a") as file:
        file.write(f"{id}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
