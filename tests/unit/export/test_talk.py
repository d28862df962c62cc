"""Polls and questions in an export: as its person may see them, and never who voted in secret."""

from __future__ import annotations

import io
import zipfile

from folkmoot.servers.export.archive import make
from folkmoot.servers.export.job import ExportJob
from folkmoot.servers.export.talk import agenda_of, polls_of, questions_of
from folkmoot.testing.meetings import Meeting

PEOPLE = {"ada": "host", "bob": "participant", "eva": "participant"}
TERMS = {"kind": "single", "title": "=Lunch?", "options": ["*Soup*", "Salad"]}


def a_meeting() -> Meeting:
    room = Meeting(PEOPLE)
    for secret in (True, False):
        room.do("ada", "polls", "create", **TERMS, secret=secret)
        poll = room.newest("ada", "polls", "poll")
        room.do("ada", "polls", "start", poll=poll)
        room.do("eva", "polls", "vote", poll=poll, choices=[0])
        room.do("ada", "polls", "close", poll=poll)
    room.do("ada", "polls", "publish", poll=poll)
    room.do("ada", "polls", "create", **TERMS)
    room.do("bob", "questions", "ask", text="Why *now*?", anonymous=True)
    room.do("eva", "questions", "ask", text="Rude?")
    rude = room.newest("ada", "questions", "question")
    room.do("ada", "questions", "dismiss", question=rude)
    room.do("ada", "agenda", "add", title="Welcome")
    return room


def files(room: Meeting, person: str) -> dict[str, str]:
    state = room.replica.state
    job = ExportJob(
        "c", state.sequence, state.time_ms, ["json", "markdown"], [], [], [],
        polls_of(state, person), questions_of(state, person), agenda_of(state),
    )  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(make(job).archive)) as archive:
        return {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}


def test_who_runs_polls_gets_all_results_and_nobody_gets_secret_votes() -> None:
    room = a_meeting()
    secret, named = polls_of(room.replica.state, "ada")
    assert (secret.counts, secret.answers) == ([1, 0], [])
    assert named.answers == [{"name": "Eva", "choices": [0], "text": ""}]
    theirs = polls_of(room.replica.state, "bob")
    assert [poll.counts for poll in theirs] == [[], [1, 0]], "drafts and unpublished stay hidden"


def test_the_archive_has_tables_and_texts_that_are_no_formulas_and_no_markup() -> None:
    found = files(a_meeting(), "bob")
    rows = found["polls.csv"].splitlines()
    assert rows[0] == "poll,question,option,votes,name,answer"
    assert rows[1].endswith(",'=Lunch?,*Soup*,1,,") and rows[3].endswith(",Eva,*Soup*")
    assert "The results are not published." in found["polls.md"]
    assert r"\*Soup\*: 1" in found["polls.md"] and r"- Eva: \*Soup\*" in found["polls.md"]
    assert "without a name" in found["questions.md"] and "bob" not in found["questions.md"].lower()
    assert "Rude" not in found["questions.csv"] and "- Welcome" in found["questions.md"]
    assert '"answers":[{"name":"Eva"' in found["polls.json"]


def test_a_room_without_polls_gets_no_files_of_them() -> None:
    names = files(Meeting(PEOPLE), "ada")
    assert not [name for name in names if "poll" in name or "question" in name]
