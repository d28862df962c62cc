"""One front door: accepts, peeks, passes.

A connection is here only from its acceptance until its request line is known and its process took
it: usually a fraction of a millisecond. Whatever waits is bounded: in number (the longest waiting
one is closed for a newcomer), in time, and in bytes looked at. One connection is accepted per turn
of the loop, so a front door that freezes holds as few as possible; all others stay in the
listening socket that its siblings accept on.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final
from zlib import crc32

from folkmoot.servers.draining import DrainingFile
from folkmoot.servers.front.routing import (
    REQUEST_LINE_BYTES_MAX,
    TOO_LATE,
    Decision,
    Kind,
    answer,
    decide,
    decide_encrypted,
)
from folkmoot.servers.sockets import Passed, SocketPasser, pass_directory

WAITING_MAX: Final = 1_024
PEEK_LIMIT_S: Final = 10.0
"""How long a request line may take."""
WEB_WAIT_S: Final = 5.0
"""How long a connection waits for a web server to come back."""
SERVER_BUSY_WAIT_S: Final = 1.0
"""How long it waits for a collaboration server whose queue is full."""
PATIENT_S: Final = 0.75
"""How long an editor waits for the server of its document before another one will do."""
ABSENT_POLL_S: Final = 0.02
BUSY_POLL_S: Final = 0.005
UNCHANGED_POLL_S: Final = 0.1
"""Pace of looking again when the kernel woke us without new bytes."""
FAREWELL_S: Final = 1.0
"""How long a refused client may take to read why."""
EXHAUSTED_PAUSE_S: Final = 0.1
"""Pause in accepting when the process is out of descriptors."""

_EXHAUSTED: Final = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))

NO_WEB_SERVER: Final = "The server is starting or overloaded. Try again in a few seconds."
NO_SERVER: Final = "This server is not running just now. Connect to another one."
SERVER_BUSY: Final = "This server does not answer just now. Connect to another one."


class Waiting:
    """A connection that has not been passed yet."""

    __slots__ = (
        "deadline",
        "decision",
        "give_up_s",
        "patient_s",
        "peeked",
        "socket",
        "timer",
        "watched",
    )

    def __init__(self, accepted: socket.socket) -> None:
        self.socket = accepted
        self.peeked = 0
        self.watched = False
        self.timer: asyncio.TimerHandle | None = None
        self.deadline: asyncio.TimerHandle | None = None
        self.decision: Decision | None = None
        self.give_up_s = 0.0
        self.patient_s = 0.0


class FrontDoor:
    """Serves one listening socket until closed.

    Shape: `waiting` counts connections that are here now; `passed`, `refused` and `dropped` count
    since the start.
    With `encrypted`, clients begin with TLS, which is the business of who gets them.
    Caller: inside a running loop; the listening socket is shared with other processes and stays
    open for them.
    """

    def __init__(
        self, listener: socket.socket, data: Path, log: logging.Logger, *, encrypted: bool = False
    ) -> None:
        self._listener = listener
        self._decide = decide_encrypted if encrypted else decide
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._passer = SocketPasser(pass_directory(data))
        self._draining = DrainingFile(data)
        self._waiting: dict[Waiting, None] = {}
        self._parked: dict[Waiting, None] = {}
        self._parked_timer: asyncio.TimerHandle | None = None
        self._pause: asyncio.TimerHandle | None = None
        self._turns: dict[str, int] = {}
        self._accepting = False
        self._empty = asyncio.Event()
        self._empty.set()
        self.passed = 0
        self.refused = 0
        self.dropped = 0
        listener.setblocking(False)
        self._accept_on()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def stop_accepting(self) -> None:
        self._accept_off()
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None

    async def drain(self, limit_s: float) -> None:
        """Returns once nothing waits here any more, or after the limit."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._empty.wait(), limit_s)

    def close(self) -> None:
        """Drops what still waits. Caller: after `stop_accepting`, and some time for the rest."""
        self.stop_accepting()
        for waiting in list(self._waiting):
            self._drop(waiting)
        if self._parked_timer is not None:
            self._parked_timer.cancel()
        self._passer.close()

    # Accepting

    def _accept_on(self) -> None:
        self._pause = None
        self._accepting = True
        self._loop.add_reader(self._listener.fileno(), self._accept)

    def _accept_off(self) -> None:
        if self._accepting:
            self._accepting = False
            self._loop.remove_reader(self._listener.fileno())

    def _accept(self) -> None:
        try:
            accepted, _address = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as problem:
            self._accept_failed(problem)
            return
        accepted.setblocking(False)
        if len(self._waiting) >= WAITING_MAX:
            self._drop_oldest()
        waiting = Waiting(accepted)
        self._waiting[waiting] = None
        self._empty.clear()
        self._look(waiting)

    def _accept_failed(self, problem: OSError) -> None:
        """Out of descriptors: the longest waiting one makes room, or we pause a moment."""
        if problem.errno in _EXHAUSTED and self._waiting:
            self._drop_oldest()
            return
        self._log.warning("cannot accept: %s; trying again in 0.1 s", problem)
        self._accept_off()
        self._pause = self._loop.call_later(EXHAUSTED_PAUSE_S, self._accept_on)

    # Looking at the first bytes

    def _look(self, waiting: Waiting) -> None:
        """Peeks and acts on what is there; called again when more arrives."""
        self._forget_timer(waiting)
        try:
            head = waiting.socket.recv(REQUEST_LINE_BYTES_MAX, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            self._wait_for_more(waiting, 0)
            return
        except OSError:
            self._drop(waiting)
            return
        if not head:
            self._drop(waiting)
            return
        decision = self._decide(head)
        if decision.kind is Kind.MORE:
            self._wait_for_more(waiting, len(head))
            return
        self._stop_looking(waiting)
        waiting.decision = decision
        self._act(waiting, decision)

    def _wait_for_more(self, waiting: Waiting, peeked: int) -> None:
        """Waits for more than `peeked` bytes without being woken by those already there."""
        if waiting.deadline is None:
            waiting.deadline = self._loop.call_later(PEEK_LIMIT_S, self._too_late, waiting)
            self._watch(waiting, self._look)
        elif peeked == waiting.peeked:
            # Woken for nothing (an end of stream after half a line, or a kernel that ignores
            # the low-water mark): look at a slow pace, until the deadline.
            self._unwatch(waiting)
            waiting.timer = self._loop.call_later(UNCHANGED_POLL_S, self._look, waiting)
            return
        else:
            self._watch(waiting, self._look)
        if peeked != waiting.peeked:
            waiting.peeked = peeked
            with contextlib.suppress(OSError):
                waiting.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, peeked + 1)

    def _watch(self, waiting: Waiting, then: Callable[[Waiting], None]) -> None:
        if not waiting.watched:
            waiting.watched = True
            self._loop.add_reader(waiting.socket.fileno(), then, waiting)

    def _unwatch(self, waiting: Waiting) -> None:
        if waiting.watched:
            waiting.watched = False
            self._loop.remove_reader(waiting.socket.fileno())

    def _too_late(self, waiting: Waiting) -> None:
        said_something = waiting.peeked > 0
        self._stop_looking(waiting)
        if said_something:
            self._refuse(waiting, TOO_LATE.status, TOO_LATE.text)
        else:
            self._drop(waiting)

    def _stop_looking(self, waiting: Waiting) -> None:
        self._forget_timer(waiting)
        self._unwatch(waiting)
        if waiting.deadline is not None:
            waiting.deadline.cancel()
            waiting.deadline = None
        if waiting.peeked:
            waiting.peeked = 0
            # The mark stays with the socket: its next owner must not inherit ours.
            with contextlib.suppress(OSError):
                waiting.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)

    def _forget_timer(self, waiting: Waiting) -> None:
        if waiting.timer is not None:
            waiting.timer.cancel()
            waiting.timer = None

    # Passing

    def _act(self, waiting: Waiting, decision: Decision) -> None:
        if decision.kind is Kind.REFUSE:
            self._refuse(waiting, decision.status, decision.text)
            return
        outcome = self._pass(waiting, decision)
        if outcome is Passed.TAKEN:
            self._drop(waiting)
            self.passed += 1
        elif decision.kind is Kind.SERVER and outcome is Passed.ABSENT:
            self._refuse(waiting, 503, NO_SERVER)
        else:
            limit_s = SERVER_BUSY_WAIT_S if decision.kind is Kind.SERVER else WEB_WAIT_S
            waiting.give_up_s = self._loop.time() + limit_s
            self._parked[waiting] = None
            self._poll_later(outcome)

    def _pass(self, waiting: Waiting, decision: Decision) -> Passed:
        """Tries the server, or each that may take it in turn, once."""
        try:
            if decision.kind is Kind.SERVER:
                return self._passer.send(decision.server, waiting.socket)
            outcome = Passed.ABSENT
            for one in self._receivers(decision):
                sent = self._passer.send(one, waiting.socket)
                if sent is Passed.TAKEN:
                    return sent
                outcome = Passed.BUSY if sent is Passed.BUSY else outcome
                if sent is Passed.BUSY and decision.key and self._is_patient(waiting):
                    break
            return outcome
        except OSError as problem:
            self._log.warning("cannot pass a connection: %s", problem)
            return Passed.ABSENT

    def _is_patient(self, waiting: Waiting) -> bool:
        """Whether it still waits for the server where the others of its document are."""
        now_s = self._loop.time()
        if not waiting.patient_s:
            waiting.patient_s = now_s + PATIENT_S
        return now_s < waiting.patient_s

    def _receivers(self, decision: Decision) -> list[str]:
        """Who may take it, best first; those of one kind take turns where it has no key."""
        found = [decision.server] if decision.server else []
        drains = self._draining.read().covers
        for role in decision.roles or ("web-",):
            some = self._passer.receivers(role)
            if decision.kind in (Kind.TLS, Kind.EDITOR):
                # Who decrypts stays on the way: one that drains is none to begin with.
                some = [one for one in some if not drains(one)] or some
            if decision.key:
                found += sorted(some, key=lambda one: crc32(f"{decision.key} {one}".encode()))
                continue
            turn = self._turns[role] = self._turns.get(role, 0) + 1
            cut = turn % max(1, len(some))
            found += some[cut:] + some[:cut]
        return found

    def _poll_later(self, outcome: Passed) -> None:
        if self._parked_timer is None and self._parked:
            pause_s = BUSY_POLL_S if outcome is Passed.BUSY else ABSENT_POLL_S
            self._parked_timer = self._loop.call_later(pause_s, self._poll_parked)

    def _poll_parked(self) -> None:
        """Tries those that wait for their process, oldest first; each destination fails once."""
        self._parked_timer = None
        now_s = self._loop.time()
        failed: dict[str, Passed] = {}
        for waiting in list(self._parked):
            decision = waiting.decision
            if decision is None:
                continue
            whom = decision.server or "".join(decision.roles) + decision.key
            outcome = failed.get(whom)
            if outcome is None:
                outcome = self._pass(waiting, decision)
            if outcome is Passed.TAKEN:
                self._drop(waiting)
                self.passed += 1
                continue
            failed[whom] = outcome
            if decision.kind is Kind.SERVER and outcome is Passed.ABSENT:
                self._refuse(waiting, 503, NO_SERVER)
            elif now_s >= waiting.give_up_s and decision.kind is Kind.TLS:
                self._drop(waiting)  # no word of ours would be understood
            elif now_s >= waiting.give_up_s:
                web = decision.kind is Kind.WEB
                self._refuse(waiting, 503, NO_WEB_SERVER if web else SERVER_BUSY)
        busy = Passed.BUSY in failed.values()
        self._poll_later(Passed.BUSY if busy else Passed.ABSENT)

    # Ends

    def _refuse(self, waiting: Waiting, status: int, text: str) -> None:
        """Says why, then waits a moment for the client to read it.

        Closing with unread bytes would reset the connection and the answer could be lost, so what
        the client sent is read and thrown away until it closes or the time is over.
        """
        self._parked.pop(waiting, None)
        self.refused += 1
        try:
            self._discard(waiting.socket)
            waiting.socket.send(answer(status, text))
            waiting.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(waiting)
            return
        waiting.deadline = self._loop.call_later(FAREWELL_S, self._drop, waiting)
        self._watch(waiting, self._farewell)

    def _farewell(self, waiting: Waiting) -> None:
        try:
            ended = self._discard(waiting.socket)
        except OSError:
            ended = True
        if ended:
            self._drop(waiting)

    def _discard(self, client: socket.socket) -> bool:
        """Reads once and forgets it; true at the end of the stream."""
        try:
            return not client.recv(64 * 1024)
        except (BlockingIOError, InterruptedError):
            return False

    def _drop_oldest(self) -> None:
        self.dropped += 1
        self._drop(next(iter(self._waiting)))

    def _drop(self, waiting: Waiting) -> None:
        """Forgets a connection and closes our copy of its socket."""
        self._stop_looking(waiting)
        self._parked.pop(waiting, None)
        self._waiting.pop(waiting, None)
        if not self._waiting:
            self._empty.set()
        waiting.socket.close()
