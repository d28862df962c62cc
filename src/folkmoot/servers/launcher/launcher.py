"""The launcher's loop: keeps one process manager alive, and says what happens.

It holds the listening socket and the data folder's lock, so that they outlive every other process,
and does as little as possible besides, so that there is little to fail. Plain `selectors`, no event
loop: this process should cost next to no memory.
"""

from __future__ import annotations

import ctypes
import json
import os
import random
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from folkmoot.folder_lock import sign_lock
from folkmoot.servers.interpreter import interpreter
from folkmoot.servers.launcher.command import launcher_command
from folkmoot.servers.launcher.probe import is_ready
from folkmoot.servers.manager import procfs
from folkmoot.zone.freeze import stands_still
from folkmoot.zone.restarts import JITTER_PERMILLE_MAX, History, Policy, after_exit

LISTEN_FD: Final = "FOLKMOOT_LISTEN_FD"
LOCK_FD: Final = "FOLKMOOT_LOCK_FD"
LINK_FD: Final = "FOLKMOOT_LINK_FD"

MESSAGE_BYTES_MAX: Final = 16_384
WATCHDOG_S: Final = 3.0
FIRST_BEAT_S: Final = 20.0
GAP_S: Final = 1.5
STOP_S: Final = 4.8
WAIT_S: Final = 0.25
WAIT_FOR_READY_S: Final = 0.05
SLOW_START_S: Final = 30.0
PR_SET_CHILD_SUBREAPER: Final = 36
RENEW_SIGNAL: Final = signal.SIGUSR2

Say = Callable[[str], None]


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class Launcher:
    """Keeps a process manager alive until told to stop.

    Caller: `run` returns the exit code. With `manager_pid` that process manager is watched, which
    started us after our predecessor's death, and `link` is the descriptor it gave us.
    """

    def __init__(
        self,
        data: Path,
        *,
        listen_fd: int,
        lock_fd: int,
        say: Say,
        on_ready: Callable[[], None],
        plan: Path | None = None,
        manager_pid: int = 0,
        link_fd: int = -1,
    ) -> None:
        self._data = data
        self._listen_fd = listen_fd
        self._lock_fd = lock_fd
        self._say = say
        self._on_ready = on_ready
        self._plan = plan
        self._selector = selectors.DefaultSelector()
        self._wake, wake_end = socket.socketpair()
        self._wake.setblocking(False)
        wake_end.setblocking(False)
        self._wake_end = wake_end
        self._manager: subprocess.Popen[bytes] | None = None
        self._pid = 0
        self._pidfd = -1
        self._link: socket.socket | None = None
        self._heard_ms = 0
        self._starved_ms = 0
        self._since_ms = 0
        self._stepped_ms = _now_ms()
        self._first_beat = False
        self._start_at_ms: int | None = None
        self._history = History()
        self._policy = Policy()
        self._stop_ms: int | None = None
        self._stopping = False
        self._open: Mapping[str, Any] | None = None
        self._ready = manager_pid != 0
        self._slow_told = False
        self._signals: list[int] = []
        sign_lock(lock_fd, {"pid": os.getpid(), "started": procfs.started(os.getpid())})
        if manager_pid:
            self._watch(manager_pid, socket.socket(fileno=link_fd))
        else:
            self._start_at_ms = _now_ms()

    def run(self) -> int:
        _become_subreaper()
        self._selector.register(self._wake, selectors.EVENT_READ, self._woken)
        signal.set_wakeup_fd(self._wake_end.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, RENEW_SIGNAL):
            signal.signal(number, lambda number, frame: self._signals.append(number))
        began_ms = _now_ms()
        while True:
            wait_s = WAIT_S if self._ready and not self._stopping else WAIT_FOR_READY_S
            for key, _ in self._selector.select(wait_s):
                key.data()
            self._heed_signals()
            code = self._step()
            if code is not None:
                return code
            if (
                not self._ready
                and not self._slow_told
                and (_now_ms() - began_ms > SLOW_START_S * 1000)
            ):
                self._slow_told = True
                self._say(
                    "This takes longer than usual;"
                    f" `folkmoot status --data {self._data}` tells what is missing."
                )

    def _step(self) -> int | None:
        """What time brings; the exit code when everything is over."""
        now_ms = _now_ms()
        if now_ms - self._stepped_ms > GAP_S * 1000:
            # We ourselves were frozen: the process manager had no chance to be heard.
            self._heard_ms, self._starved_ms = now_ms, procfs.starved_ms(self._pid)
        self._stepped_ms = now_ms
        if self._pid == 0:
            if self._start_at_ms is not None and now_ms >= self._start_at_ms:
                self._start()
            return None
        if self._stop_ms is not None and now_ms - self._stop_ms > STOP_S * 1000:
            self.kill_all()
            return 1
        bound_s = WATCHDOG_S if self._first_beat else FIRST_BEAT_S
        if self._is_frozen(now_ms - self._heard_ms, int(bound_s * 1000)):
            self._say("The process manager does not answer and is replaced.")
            self._heard_ms = now_ms
            self._signal_manager(signal.SIGKILL)
        if _readable(self._pidfd, 0.0):
            return self._manager_ended()
        if not self._ready and self._open is not None:
            self._check_ready(self._open)
        return None

    def _is_frozen(self, silent_ms: int, bound_ms: int) -> bool:
        """Whether the process manager does not answer, and not since others take its turns."""
        if silent_ms <= bound_ms:
            return False
        return stands_still(silent_ms, procfs.starved_ms(self._pid) - self._starved_ms, bound_ms)

    # The process manager

    def _start(self) -> None:
        self._start_at_ms = None
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        descriptors = {LISTEN_FD: self._listen_fd, LOCK_FD: self._lock_fd, LINK_FD: theirs.fileno()}
        command = [
            interpreter(self._data),
            "-P",
            "-m",
            "folkmoot.servers.manager",
            "--data",
            str(self._data),
        ]
        if self._plan is not None:
            command += ["--plan", str(self._plan)]
        if self._stopping:
            command.append("--stop")
        output = os.open(
            self._data / "logs" / "process-manager.out",
            os.O_WRONLY | os.O_CREAT | os.O_APPEND,
            0o600,
        )
        with theirs:
            self._manager = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=tuple(descriptors.values()),
                start_new_session=True,
                env={**os.environ, **{name: str(fd) for name, fd in descriptors.items()}},
            )
        os.close(output)
        self._watch(self._manager.pid, ours)

    def _watch(self, pid: int, link: socket.socket) -> None:
        self._pid = pid
        self._pidfd = os.pidfd_open(pid)
        link.setblocking(False)
        self._link = link
        self._since_ms = self._heard_ms = _now_ms()
        self._starved_ms = procfs.starved_ms(pid)
        self._first_beat = False
        self._selector.register(link, selectors.EVENT_READ, self._heard)
        self._selector.register(self._pidfd, selectors.EVENT_READ, lambda: None)
        link.send(json.dumps({"launcher": os.getpid()}).encode())

    def _forget(self) -> None:
        self._drop_link()
        self._selector.unregister(self._pidfd)
        os.close(self._pidfd)
        self._pid, self._pidfd = 0, -1

    def _drop_link(self) -> None:
        if self._link is not None:
            self._selector.unregister(self._link)
            self._link.close()
            self._link = None

    def _manager_ended(self) -> int | None:
        """The process manager is gone: over when it was an orderly stop, else a new one."""
        while self._link is not None and self._heard_one():
            pass
        code = self._manager.wait() if self._manager is not None else None
        self._manager = None
        self._reap_orphans()
        ran_ms = _now_ms() - self._since_ms
        first_beat = self._first_beat
        self._forget()
        orderly = code == 0 if code is not None else not procfs.find(self._data)
        if orderly and (self._stopping or code == 0):
            self._say("Folkmoot has stopped; everything is saved.")
            return 0
        if code == 2 and not self._ready:
            # It said why on its standard error, which went to a file.
            self._say(_last_line(self._data / "logs" / "process-manager.out"))
            return 2
        if not self._stopping:
            self._say("The process manager ended and is started again.")
        self._history, verdict = after_exit(
            self._policy,
            self._history,
            _now_ms(),
            fine=first_beat and ran_ms >= self._policy.fine_after_ms,
            jitter_permille=random.randint(0, JITTER_PERMILLE_MAX),
        )
        if verdict.failed:
            self._say(
                "The process manager keeps ending; see process-manager.log and"
                f" process-manager.out in {self._data / 'logs'}."
                f" Tried again in {verdict.delay_ms // 1000} s."
            )
        self._start_at_ms = _now_ms() + (0 if self._stopping else verdict.delay_ms)
        return None

    def _heard(self) -> None:
        self._heard_one()

    def _heard_one(self) -> bool:
        if self._link is None:
            return False
        try:
            message = self._link.recv(MESSAGE_BYTES_MAX)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            message = b""
        if not message:
            # Its end closes when it ends; the pidfd tells the rest.
            self._drop_link()
            return False
        self._heard_ms = _now_ms()
        self._starved_ms = procfs.starved_ms(self._pid)
        self._first_beat = True
        try:
            self._heed(json.loads(message))
        except (ValueError, TypeError, KeyError):
            pass
        return True

    def _heed(self, message: Mapping[str, Any]) -> None:
        if message.get("stopping"):
            self._begin_stop()
        if message.get("open"):
            self._open = message
        process = message.get("process")
        if process and not self._stopping:
            why = f" ({message['why']})" if message.get("why") else ""
            if message["is"] == "ready" and not self._ready:
                self._say(f"  {process} is ready")
            elif message["is"] == "died":
                self._say(f"  {process} ended{why} and is started again")
            elif message["is"] == "failed":
                self._say(f"  {process} keeps ending{why}; see `folkmoot logs {process}`")

    def _check_ready(self, opened: Mapping[str, Any]) -> None:
        encrypted = bool(opened.get("encrypted"))
        if opened.get("probe") and not is_ready(self._listen_fd, encrypted=encrypted):
            return
        self._ready = True
        self._on_ready()

    # The end

    def _begin_stop(self) -> None:
        self._stopping = True
        if self._stop_ms is None:
            self._stop_ms = _now_ms()
            self._say("Stopping ...")

    def _heed_signals(self) -> None:
        while self._signals:
            number = self._signals.pop(0)
            if number == signal.SIGCHLD:
                self._reap_orphans()
            elif number == RENEW_SIGNAL:
                self._renew()
            elif self._stopping and number != signal.SIGHUP:
                self._say("Stopped at once.")
                self.kill_all()
                os._exit(1)
            elif not self._stopping:
                self._begin_stop()
                if self._pid:
                    self._signal_manager(signal.SIGTERM)
                elif self._start_at_ms is not None:
                    self._start_at_ms = _now_ms()

    def _renew(self) -> None:
        """Becomes a launcher of the version that is installed now, in the same process.

        Who waits for this process, a terminal or a service manager, notices nothing.
        """
        if self._stopping or not self._ready or self._pid == 0 or self._link is None:
            return
        descriptors = {
            LISTEN_FD: self._listen_fd,
            LOCK_FD: self._lock_fd,
            LINK_FD: self._link.fileno(),
        }
        plan = ("--plan", str(self._plan)) if self._plan is not None else ()
        command = launcher_command(self._data, self._pid, plan)
        for descriptor in descriptors.values():
            os.set_inheritable(descriptor, True)
        environment = {**os.environ, **{name: str(fd) for name, fd in descriptors.items()}}
        sys.stdout.flush()
        try:
            os.execve(command[0], command, environment)
        except OSError as error:
            self._say(f"The launcher could not be started anew: {error}")
            for descriptor in descriptors.values():
                os.set_inheritable(descriptor, False)

    def _woken(self) -> None:
        try:
            self._wake.recv(4_096)
        except BlockingIOError:
            pass

    def _signal_manager(self, number: int) -> None:
        try:
            signal.pidfd_send_signal(self._pidfd, number)
        except ProcessLookupError:
            pass

    def _reap_orphans(self) -> None:
        """Reaps what became our child when a process manager died, but not our own child."""
        while True:
            ended = None
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None or (self._manager is not None and ended.si_pid == self._manager.pid):
                return
            try:
                os.waitpid(ended.si_pid, os.WNOHANG)
            except ChildProcessError:
                return

    def kill_all(self) -> None:
        """Ends everything at once, process manager first, so that it starts nothing anew."""
        if self._pid:
            self._signal_manager(signal.SIGKILL)
            _readable(self._pidfd, 1.0)
        for running in procfs.find(self._data):
            procfs.kill_group(running.pid)


def _readable(descriptor: int, timeout_s: float) -> bool:
    """Whether there is something to read in time; for a pidfd, whether its process has ended."""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        return bool(selector.select(timeout_s))


def _become_subreaper() -> None:
    """Children of a process manager that died become ours, so that they are reaped when they end.

    Without it that is left to process 1, which in a container may not do so.
    """
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _last_line(path: Path) -> str:
    try:
        lines = path.read_text(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else "The process manager could not be started."
