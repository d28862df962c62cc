"""Session: a participant's side of the protocol, without I/O.

Inputs are methods: `opened` (a connection to any server stands), `receive` (a message came),
`lost` (the connection is gone), `submit` (the participant wants something). What is to be sent is
taken by `take_outgoing`; what the participant should know by `take_notices`.

An operation stays in `unacknowledged` until the log's decision is known, and is sent again, in
order, after every welcome. So no failure of a server loses or doubles one.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Any, Final

import msgspec

from folkmoot.protocol.codes import BY_NAME
from folkmoot.protocol.frames import (
    Attaching,
    Batch,
    Bye,
    Events,
    Fault,
    Get,
    Got,
    Head,
    Join,
    LiveRelay,
    LiveSend,
    Move,
    Operation,
    Outcomes,
    Pending,
    Ping,
    Pong,
    Rejection,
    Resume,
    Saving,
    ServerFrame,
    Servers,
    Settled,
    Welcome,
    decode_server,
    encode,
)
from folkmoot.protocol.limits import (
    OPERATIONS_IN_FLIGHT_MAX,
    PROTOCOL_REVISION,
    PROTOCOL_VERSION,
)
from folkmoot.protocol.position import START, Position
from folkmoot.protocol.reading import UNREADABLE


class Welcomed(msgspec.Struct, frozen=True):
    """Attached. `state` replaces what was known unless `resumed`.

    Shape: `moved` when the session came over from a connection that was served until now;
    `renewed` when it was attached here already, and all views come anew.
    """

    resumed: bool
    state: dict[str, Any]
    position: Position
    moved: bool = False
    renewed: bool = False


class Arrived(msgspec.Struct, frozen=True):
    """The next batch of events."""

    epoch: str
    batch: Batch


class Decided(msgspec.Struct, frozen=True):
    """The outcome of an operation: saved, or rejected.

    Shape: `position` is where it was decided, or a later place when that was learnt by a resume.
    """

    counter: int
    position: Position
    rejection: Rejection | None


class Ended(msgspec.Struct, frozen=True):
    """The server ended the connection; `reconnect` says whether to come back.

    Shape: `reason` says why a session was closed: `left`, `removed`, `banned`, `ended`, ...
    """

    code: str
    message: str
    reconnect: bool
    reason: str = ""


class Broken(msgspec.Struct, frozen=True):
    """What came cannot be right: drop the connection and attach again."""

    reason: str


Notice = (
    Welcomed
    | Arrived
    | Decided
    | Ended
    | Broken
    | LiveRelay
    | Got
    | Fault
    | Servers
    | Pong
    | Saving
    | Pending
    | Settled
    | Move
)

_FINAL_CODES: Final = frozenset(
    code.name for code in BY_NAME.values() if code.close and not code.reconnect
)


class ClientSession:
    """One session over any number of connections, one at a time, but while it moves.

    Shape: `position` is what was applied here; `heard` is the sequence that the server is known to
    have reached, which is higher when the last batches did not concern this session.
    `waits_elsewhere`: the server to go over to waits for the log.

    Caller: after each input takes `take_outgoing` and `take_notices`. A session begins with a
    ticket and its nonce (both opaque here).
    """

    def __init__(self, ticket: str, nonce: str) -> None:
        self.ticket = ticket
        self.nonce = nonce
        self.token = ""
        self.session = ""
        self.person = ""
        self.number = 0
        self.server = ""
        self.generation = 0
        self.position = START
        self.heard = 0
        self.decided = 0
        self.attached = False
        self.ended: Ended | None = None
        self.unacknowledged: OrderedDict[int, Operation] = OrderedDict()
        self._last_counter = 0
        self._sent_through = 0
        self._early = False
        self._outgoing: list[bytes] = []
        self._notices: deque[Notice] = deque()
        self.waits_elsewhere = False
        self._asked_elsewhere = False
        self._taken_over: Bye | None = None

    # Inputs

    def opened(self) -> None:
        """A connection stands: says who we are. Nothing else is sent before the welcome."""
        self.attached = False
        self._outgoing = []
        self._asked_elsewhere, self._taken_over = False, None
        self._introduce()

    def lost(self) -> None:
        """The connection is gone; what was not acknowledged waits for the next one."""
        self.attached = self._early = False
        self._outgoing = []

    def submit(self, app: str, type_: str, body: object) -> int:
        """Takes an operation and returns its counter. It is kept until `Decided`."""
        self._last_counter += 1
        raw = msgspec.Raw(msgspec.msgpack.encode(body))
        self.unacknowledged[self._last_counter] = Operation(self._last_counter, app, type_, raw)
        self._send_operations()
        return self._last_counter

    def send_live(self, topic: str, body: object) -> None:
        """Sends an ephemeral message, if attached."""
        if self.attached:
            raw = msgspec.Raw(msgspec.msgpack.encode(body))
            self._outgoing.append(encode(LiveSend(topic, raw)))

    def get(self, request: int, query: str, arguments: object) -> None:
        raw = msgspec.Raw(msgspec.msgpack.encode(arguments))
        self._outgoing.append(encode(Get(request, query, raw)))

    def ping(self, nonce: int = 0) -> None:
        self._outgoing.append(encode(Ping(nonce)))

    def receive(self, message: bytes) -> None:
        """One message of the server."""
        try:
            frames = decode_server(message)
        except UNREADABLE as error:
            self._notices.append(Broken(f"unreadable message: {error}"))
            return
        for frame in frames:
            self._receive(frame)

    # Moving: another connection, while this one goes on

    def move_frame(self) -> bytes:
        """What to say on the connection to go over to. Caller: attached."""
        self._asked_elsewhere, self._taken_over = True, None
        self.waits_elsewhere = False
        return encode(self._resume())

    def given_up(self) -> None:
        """Our own server is given up while we are still asking elsewhere.

        Caller: nothing came from it since `move_frame`; what was told elsewhere meanwhile and what
        follows there goes to `receive` now.
        """
        self.attached = self._early = False
        self._outgoing = []
        self._asked_elsewhere, self._taken_over = False, None

    def receive_elsewhere(self, message: bytes) -> bool | None:
        """A message on that connection, through the welcome.

        Shape: True once the session has moved: that connection is its own now, and the other one
        is of no more use. False when it will not come to that. None: not decided yet.
        """
        try:
            frames = decode_server(message)
        except UNREADABLE:
            return False
        for index, frame in enumerate(frames):
            if isinstance(frame, Welcome):
                if not self._moved_by(frame):
                    return False
                for later in frames[index + 1 :]:
                    self._receive(later)
                return True
            if isinstance(frame, Fault) and frame.code == "attach_refused":
                self._asked_elsewhere = False
                if self._taken_over is not None:
                    self._bye(self._taken_over)  # it was somebody else, after all
                return False
            if isinstance(frame, Bye):
                return False
            if isinstance(frame, Attaching):
                self.waits_elsewhere = frame.generation == self.generation + 1
        return None

    def _moved_by(self, welcome: Welcome) -> bool:
        """Goes on from the welcome, unless it would show an older state than is known here."""
        same = welcome.position.epoch == self.position.epoch
        behind = same and welcome.position.sequence < self.position.sequence
        if behind and not welcome.resumed:
            return False
        self._outgoing = []
        self._welcome(welcome, moved=True)
        return True

    # Outputs

    def take_outgoing(self) -> list[bytes]:
        """Messages to send now, in order."""
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    def take_notices(self) -> list[Notice]:
        notices = list(self._notices)
        self._notices.clear()
        return notices

    # Inside

    def _introduce(self) -> None:
        self._early = False
        frame: Join | Resume
        if self.token:
            frame = self._resume()
        else:
            generation = self.generation + 1
            frame = Join(PROTOCOL_VERSION, self.ticket, self.nonce, generation, PROTOCOL_REVISION)
        self._outgoing.append(encode(frame))

    def _resume(self) -> Resume:
        return Resume(
            PROTOCOL_VERSION,
            self.token,
            self.generation + 1,
            self.position,
            self.decided,
            PROTOCOL_REVISION,
            self.number,
        )

    def _send_operations(self) -> None:
        """Sends what was not sent on this connection, as far as the window allows."""
        if not (self.attached or self._early):
            return
        limit = min(self._last_counter, self.decided + OPERATIONS_IN_FLIGHT_MAX)
        while self._sent_through < limit:
            self._sent_through += 1
            operation = self.unacknowledged[self._sent_through]
            self._outgoing.append(encode(msgspec.structs.replace(operation, seen=self.decided)))

    def _receive(self, frame: ServerFrame) -> None:
        if isinstance(frame, Events):
            self._events(frame)
        elif isinstance(frame, Outcomes):
            self.heard = max(self.heard, frame.sequence)
            self._decide(frame.through, frame.rejected, frame.sequence)
            self._send_operations()
        elif isinstance(frame, Welcome):
            self._welcome(frame)
        elif isinstance(frame, Fault) and frame.code == "attach_refused":
            self.generation = frame.generation
            self._introduce()
        elif isinstance(frame, Bye):
            self._bye(frame)
        elif isinstance(frame, Attaching):
            self._send_early(frame)
        elif isinstance(frame, Pong):
            self.heard = max(self.heard, frame.sequence)
            self._notices.append(frame)
        elif not isinstance(frame, Head):
            self._notices.append(frame)

    def _send_early(self, told: Attaching) -> None:
        """The log takes nothing just now: what we do is shown meanwhile, and sent again later."""
        if not self.attached and told.generation == self.generation + 1:
            self._early = True
            self._sent_through = self.decided
            self._send_operations()

    def _welcome(self, welcome: Welcome, *, moved: bool = False) -> None:
        if welcome.resumed and welcome.position != self.position and not moved:
            self._notices.append(Broken("resumed at another position"))
            return
        renewed = self.attached and not moved
        if not renewed:  # else we may be on our way to another server
            self._asked_elsewhere, self._taken_over = False, None
        self.session = welcome.session
        self.person = welcome.person
        self.number = welcome.number
        self.token = welcome.token
        self.server = welcome.server
        self.generation = welcome.generation
        if not welcome.resumed:
            self.position = welcome.position
        self.heard = max(self.position.sequence, welcome.sequence)
        self.attached, self._early = True, False
        self._notices.append(
            Welcomed(welcome.resumed, welcome.state, self.position, moved, renewed)
        )
        self._decide(welcome.last, welcome.rejected, welcome.sequence)
        if not renewed:
            self._sent_through = self.decided
        # Another instance of this session may have used counters that this one has not given yet.
        self._last_counter = max(self._last_counter, self.decided)
        self._send_operations()

    def _events(self, frame: Events) -> None:
        if frame.batch.sequence <= self.position.sequence:
            return  # came on the connection that we moved from
        # A view may stand between two batches that concern us: what follows the earlier is next.
        if frame.prev > self.position.sequence:
            self._notices.append(Broken("a gap in what the server sent"))
            return
        self.position = Position(self.position.epoch, frame.batch.sequence)
        self.heard = max(self.heard, frame.batch.sequence)
        self._notices.append(Arrived(self.position.epoch, frame.batch))

    def _decide(self, through: int, rejected: list[Rejection], sequence: int) -> None:
        refused = {rejection.counter: rejection for rejection in rejected}
        position = Position(self.position.epoch, sequence)
        while self.unacknowledged:
            counter = next(iter(self.unacknowledged))
            if counter > through:
                break
            del self.unacknowledged[counter]
            self._notices.append(Decided(counter, position, refused.get(counter)))
        self.decided = max(self.decided, through)

    def _bye(self, bye: Bye) -> None:
        self._early = False
        if bye.code == "session_closed":
            self._decide(bye.last, bye.rejected, bye.sequence)
        self.attached = False
        if bye.code == "taken_over" and self._asked_elsewhere and self._taken_over is None:
            self._taken_over = bye  # by ourselves: the welcome is on its way
            return
        ended = Ended(bye.code, bye.message, bye.reconnect, bye.reason)
        if bye.code in _FINAL_CODES:
            self.ended = ended
        self._notices.append(ended)
