"""What can go wrong for a user of the Python client.

ClientError
+-- JoinRefused         the web server said no: `code`, `message`
+-- UploadRefused       a file was not taken: `code`, `message`
+-- OperationRejected   the log rejected one operation: `code`, `message`
+-- ConferenceEnded     the session is over: `code`, `message`
"""

from __future__ import annotations

from folkmoot.protocol.codes import message_of


class ClientError(Exception):
    """Root of the client's errors."""

    def __init__(self, code: str, message: str = "") -> None:
        self.code = code
        self.message = message or message_of(code)
        super().__init__(f"{self.message} ({code})")


class JoinRefused(ClientError):
    """The room could not be joined."""


class UploadRefused(ClientError):
    """A file was not taken, and nothing is left of it."""


class OperationRejected(ClientError):
    """An operation had no effect, for good."""


class ConferenceEnded(ClientError):
    """This session does not go on: left, removed, taken over, or refused.

    For operations that wait: they did not take effect if the code is `session_closed`; for every
    other code their outcome is open. `reason` says why a session was closed: `left`, `removed`,
    `banned`, `denied`, `ended`, `expired` or `restored`.
    """

    def __init__(self, code: str, message: str = "", reason: str = "") -> None:
        self.reason = reason
        super().__init__(code, message)
