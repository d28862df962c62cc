"""Orders to another node are given again while nobody there answers, where that does no harm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from folkmoot.cli import orders
from folkmoot.errors import OperatorError

AWAY = {"refused": "The process manager of two does not answer just now.", "unanswered": True}
REFUSED = {"refused": "There is no process x."}
DONE = {"refused": "", "count": 1}


def answering(monkeypatch: pytest.MonkeyPatch, *answers: dict[str, Any]) -> list[dict[str, Any]]:
    left = list(answers)
    monkeypatch.setattr(orders, "POLL_S", 0.0)
    monkeypatch.setattr(orders, "ask", lambda *_, **__: left.pop(0))
    return left


def test_an_order_that_nobody_answered_is_given_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    left = answering(monkeypatch, AWAY, AWAY, DONE)
    assert orders.order(tmp_path, "two", "restart", again_s=60.0, id="engine") == DONE
    assert left == []


def test_a_refusal_is_told_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    left = answering(monkeypatch, REFUSED, DONE)
    with pytest.raises(OperatorError, match="no process x"):
        orders.order(tmp_path, "two", "restart", again_s=60.0, id="x")
    assert left == [DONE]


def test_an_order_that_may_not_come_twice_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    left = answering(monkeypatch, AWAY, DONE)
    with pytest.raises(OperatorError, match="does not answer"):
        orders.order(tmp_path, "two", "stop", id="collaboration-9")
    assert left == [DONE]
