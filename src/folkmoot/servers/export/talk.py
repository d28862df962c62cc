"""Polls, questions and agenda of a conference, as the person who exports may see them."""

from __future__ import annotations

from folkmoot.apps.agenda import AgendaState
from folkmoot.apps.common import may
from folkmoot.apps.poll_state import CLOSED, DRAFT, PollsState, answers, counts_of, votes_of
from folkmoot.apps.polls import RUN
from folkmoot.apps.questions import DISMISSED, QuestionsState
from folkmoot.apps.questions import RUN as RUN_QUESTIONS
from folkmoot.conference.state import ConferenceState
from folkmoot.servers.export.job import ExportPoll, ExportQuestion


def polls_of(state: ConferenceState, person: str) -> list[ExportPoll]:
    """Started polls, oldest first; results where this person may see them."""
    polls: PollsState = state.apps.get("polls") or PollsState()
    manager = may(state, person, RUN)
    told = []
    for id_, poll in polls.polls.items():
        if poll.phase == DRAFT:
            continue
        counted = poll.published or poll.terms.live or manager
        listed = poll.published or (manager and poll.phase == CLOSED)
        told.append(
            ExportPoll(
                id_,
                poll.terms.kind,
                poll.terms.title,
                poll.terms.options,
                poll.terms.secret,
                poll.phase,
                poll.published,
                len(votes_of(poll)),
                poll.eligible,
                counts_of(poll) if counted else [],
                answers(poll) if listed else [],
            )
        )
    return told


def questions_of(state: ConferenceState, person: str) -> list[ExportQuestion]:
    """Questions, oldest first; dismissed ones for their author and for who runs questions."""
    questions: QuestionsState = state.apps.get("questions") or QuestionsState()
    manager = may(state, person, RUN_QUESTIONS)
    return [
        ExportQuestion(
            id_,
            question.name,
            question.text,
            question.asked_ms,
            question.phase,
            len(question.supporters),
            question.answer,
            question.answered_by,
        )
        for id_, question in questions.questions.items()
        if question.phase != DISMISSED or manager or question.author == person
    ]


def agenda_of(state: ConferenceState) -> list[str]:
    agenda: AgendaState = state.apps.get("agenda") or AgendaState()
    return [item.title for item in agenda.items]
