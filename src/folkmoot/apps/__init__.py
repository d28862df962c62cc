"""The applications of a conference: one module each, a pure reducer with its operations."""

from __future__ import annotations

from folkmoot.apps.agenda import Agenda
from folkmoot.apps.breakouts import Breakouts
from folkmoot.apps.chat import Chat
from folkmoot.apps.documents import Documents
from folkmoot.apps.editors import Editors
from folkmoot.apps.exports import Exports
from folkmoot.apps.files import Files
from folkmoot.apps.hands import Hands
from folkmoot.apps.polls import Polls
from folkmoot.apps.questions import Questions
from folkmoot.apps.roster import Roster
from folkmoot.apps.slides import Slides
from folkmoot.apps.stage import Stage
from folkmoot.conference.application import Applications


def all_applications() -> Applications:
    """Every application, in the order in which they hear of sessions."""
    return {
        app.name: app
        for app in (
            Roster(),
            Chat(),
            Documents(),
            Exports(),
            Polls(),
            Questions(),
            Hands(),
            Agenda(),
            Breakouts(),
            Slides(),
            Stage(),
            Files(),
            Editors(),
        )
    }
