"""What people of a drill do: mostly they talk; they also write, raise hands, rename and correct.

Each act has a key in the history, and what must be seen of it in the end: a message, a line of the
pad, or the value of a *register* that only its author sets (a name, a hand, a message's text).
"""

from __future__ import annotations

import random
from typing import Final

from folkmoot.drill.person import Person

POST: Final = 0.70
WRITE: Final = 0.12
HAND: Final = 0.06
RENAME: Final = 0.06


class Workload:
    """What one person does next, repeatable from a seed."""

    def __init__(self, person: Person, seed: int) -> None:
        self._person = person
        self._random = random.Random(f"{seed}/{person.name}")
        self._hand = False
        self._count = 0

    def act(self) -> None:
        """Does the next thing; its outcome is noted when it is known."""
        dice = self._random.random()
        self._count += 1
        if dice < POST:
            self._person.post()
        elif dice < POST + WRITE:
            self._person.write(self._random)
        elif dice < POST + WRITE + HAND:
            self._hand = not self._hand
            self._person.hand(up=self._hand)
        elif dice < POST + WRITE + HAND + RENAME:
            self._person.rename(f"{self._person.name} {self._count}")
        else:
            self._person.correct(self._count)
