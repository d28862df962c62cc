"""Asking the zone's first node where nodes join: again, when it closes without an answer."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from typing import Final

from folkmoot.errors import OperatorError

AGAIN_S: Final = 0.5
CUT_OFF_S_MAX: Final = 90.0
"""So long one that is there may be too busy to answer, or be replaced."""

REFUSED_S_MAX: Final = 10.0
"""So long where nobody was there yet: while a process manager is replaced nobody listens."""

CUT_OFF: Final = (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError)


def asked_again(
    ask: Callable[[], bytes],
    where: str,
    say: Callable[[str], None],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> bytes:
    """The answer, a line, also of a node that closes without one and answers the next time.

    Caller: `ask` asks the same each time, and of what may be done twice; `say` is told once.
    Errors: `OperatorError` when no answer comes in time; what `ask` raises that is no OSError.
    """
    began_s, told, within_s = clock(), False, REFUSED_S_MAX
    while True:
        try:
            answer = ask()
            if answer.endswith(b"\n"):
                return answer
            why, within_s = "it closed without an answer", CUT_OFF_S_MAX
        except CUT_OFF as error:
            why, within_s = str(error) or type(error).__name__, CUT_OFF_S_MAX
        except OSError as error:
            why = str(error) or type(error).__name__
        if clock() - began_s + AGAIN_S > within_s:
            raise OperatorError(
                f"The zone's first node at {where} does not answer ({why}); is it running, and can"
                " this machine reach it? Mend that and run the same command again."
            )
        if not told:
            told = True
            say(f"The zone's first node at {where} did not answer ({why}); it is asked again.")
        sleep(AGAIN_S)
