"""Errors of our own making, and the check that stays on in production.

FolkmootError
+-- Refused             the caller can fix it: `code`, `message`
+-- OperatorError       the person at the command line can fix it: one sentence
+-- InvariantViolated   our bug
"""

from __future__ import annotations


class FolkmootError(Exception):
    """Root of our errors."""


class Refused(FolkmootError):
    """The caller asked for what cannot be; `code` is in the table of codes."""

    def __init__(self, code: str, message: str = "") -> None:
        # Here and not above: the launcher imports this file and must stay small.
        from folkmoot.protocol.codes import message_of

        self.code = code
        self.message = message or message_of(code)
        super().__init__(f"{code}: {self.message}")


class OperatorError(FolkmootError):
    """A sentence that tells the operator what to install or change."""


class InvariantViolated(FolkmootError):
    """Something that must hold did not: a bug of ours, with the facts to find it."""

    def __init__(self, message: str, facts: dict[str, object]) -> None:
        self.facts = facts
        told = ", ".join(f"{name}={value!r}" for name, value in facts.items())
        super().__init__(f"{message} ({told})" if told else message)


def invariant(condition: bool, message: str, **facts: object) -> None:
    """Raises `InvariantViolated` unless the condition holds; not removed by `-O`."""
    if not condition:
        raise InvariantViolated(message, facts)
