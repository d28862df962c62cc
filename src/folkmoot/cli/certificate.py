"""`folkmoot certificate`: takes a renewed certificate now, and tells what people are shown."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from folkmoot.errors import OperatorError
from folkmoot.servers.manager.control import ask


def certificate(data: Path) -> int:
    """Asks the node's process manager. Errors: `OperatorError`, also for a broken pair."""
    told = ask(data, "certificate").get("certificate")
    if told is None:
        raise OperatorError(
            "This node uses no certificate; give one to `folkmoot up` with --tls-cert FILE and"
            " --tls-key FILE."
        )
    print(sentence(told))
    if told["problem"]:
        raise OperatorError(f"The new pair is not used: {told['problem']}")
    return 0


def sentence(told: Mapping[str, Any]) -> str:
    """What an operator should know of a certificate, in one line."""
    day = datetime.datetime.fromtimestamp(told["expires_ms"] / 1_000, datetime.UTC).date()
    names = ", ".join(told["names"][:4]) or "no name"
    days = int(told["days_left"])
    left = f"expires in {days} days, on {day}" if days >= 0 else f"HAS EXPIRED on {day}"
    renew = "; renew it" if told["expires_soon"] else ""
    return f"certificate for {names}: {left}{renew}"
