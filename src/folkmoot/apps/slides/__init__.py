"""Slides: decks that are converted to pages, the page that is on, marks over it, notes below it."""

from __future__ import annotations

from folkmoot.apps.slides.application import MARK, RUN, Slides
from folkmoot.apps.slides.state import Deck, Mark, SlidesState, needs_work

__all__ = ["MARK", "RUN", "Deck", "Mark", "Slides", "SlidesState", "needs_work"]
