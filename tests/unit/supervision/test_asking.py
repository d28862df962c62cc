"""The zone's first node is asked again when it closes without an answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from folkmoot.errors import OperatorError
from folkmoot.servers.manager.asking import CUT_OFF_S_MAX, REFUSED_S_MAX, asked_again

Outcome = bytes | Exception


class Asking:
    """Outcomes in their order, the last one for ever, on a clock that sleeping moves."""

    def __init__(self, *outcomes: Outcome) -> None:
        self._left = list(outcomes)
        self.now_s = 0.0
        self.asked = 0
        self.told: list[str] = []

    def ask(self) -> bytes:
        self.asked += 1
        outcome = self._left.pop(0) if len(self._left) > 1 else self._left[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _sleep(self, seconds: float) -> None:
        self.now_s += seconds

    def again(self) -> bytes:
        clock: Callable[[], float] = lambda: self.now_s
        say = self.told.append
        return asked_again(self.ask, "10.0.0.1 port 7424", say, clock=clock, sleep=self._sleep)


def test_an_answer_is_taken_and_nothing_is_said() -> None:
    asking = Asking(b"{}\n")
    assert asking.again() == b"{}\n"
    assert (asking.asked, asking.told) == (1, [])


@pytest.mark.parametrize("cut", [b"", b'{"half', ConnectionResetError("reset"), BrokenPipeError()])
def test_who_closes_without_an_answer_is_asked_again(cut: Outcome) -> None:
    asking = Asking(cut, cut, b"{}\n")
    assert asking.again() == b"{}\n"
    assert asking.asked == 3
    assert len(asking.told) == 1
    assert "asked again" in asking.told[0]


def test_where_nobody_listens_for_long_it_is_said_soon() -> None:
    asking = Asking(ConnectionRefusedError("refused"))
    with pytest.raises(OperatorError, match=r"refused.*is it running"):
        asking.again()
    assert asking.asked > 1
    assert asking.now_s <= REFUSED_S_MAX


def test_who_was_there_may_be_away_for_longer() -> None:
    """Its process manager is replaced, on a machine that is busy."""
    refused = [ConnectionRefusedError("refused")] * 40
    asking = Asking(b"", *refused, b"{}\n")
    assert asking.again() == b"{}\n"
    assert asking.now_s > REFUSED_S_MAX


def test_who_never_answers_is_given_up() -> None:
    asking = Asking(b"")
    with pytest.raises(OperatorError, match="closed without an answer"):
        asking.again()
    assert asking.now_s <= CUT_OFF_S_MAX
    assert asking.asked > 10


def test_another_node_than_the_tokens_is_asked_once() -> None:
    asking = Asking(OperatorError("not the node that printed this token"))
    with pytest.raises(OperatorError, match="not the node"):
        asking.again()
    assert asking.asked == 1
