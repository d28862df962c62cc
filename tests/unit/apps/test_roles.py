"""Roles, hosts who go and come back, doors and locks, as the log decides them."""

from __future__ import annotations

import pytest

from folkmoot.apps.roster import attendance
from folkmoot.apps.roster.application import EMPTY_TIMER
from folkmoot.apps.roster.people import HOST_TIMER
from folkmoot.conference.batch import RoomPlan
from folkmoot.conference.doors import PASSCODE_TRIES_MAX, PASSCODE_WINDOW_MS, passcode_proof
from folkmoot.conference.machine import EXPIRY_PREFIX
from folkmoot.conference.rights import Role
from folkmoot.testing.people import Meeting


@pytest.fixture
def meeting() -> Meeting:
    made = Meeting()
    made.join("ada", Role.HOST)
    made.join("bob")
    made.join("eve")
    return made


def roster(meeting: Meeting, session: str, type_: str, **body: object) -> str:
    return meeting.do(session, "roster", type_, body)


# Roles


def test_a_host_promotes_and_demotes(meeting: Meeting) -> None:
    assert roster(meeting, "ada", "set_role", person="bob", role="co-host") == ""
    assert meeting.role("bob") == "co-host"
    assert [type_ for type_, _ in meeting.events()] == ["role", "doors", "waiting"]
    assert meeting.told("doors") == ("bob",), "what the staff see is told to the staff alone"
    assert roster(meeting, "bob", "set_role", person="eve", role="viewer") == ""
    assert roster(meeting, "ada", "set_role", person="bob", role="participant") == ""
    assert roster(meeting, "bob", "set_role", person="eve", role="presenter") == "not_allowed"


def test_a_cohost_decides_about_nobody_of_the_same_rank_and_gives_no_higher_role(
    meeting: Meeting,
) -> None:
    for person in ("bob", "eve"):
        roster(meeting, "ada", "set_role", person=person, role="co-host")
    for type_, body in (
        ("set_role", {"person": "eve", "role": "viewer"}),
        ("set_role", {"person": "ada", "role": "viewer"}),
        ("remove", {"person": "eve"}),
        ("remove", {"person": "ada"}),
        ("to_lobby", {"person": "ada"}),
        ("rename_person", {"person": "ada", "name": "Mallory"}),
        ("set_role", {"person": "bob", "role": "host"}),
        ("hand_over", {"person": "bob"}),
        ("end", {}),
    ):
        assert meeting.do("bob", "roster", type_, body) == "not_allowed", type_


def test_the_only_host_stays_one(meeting: Meeting) -> None:
    assert roster(meeting, "ada", "set_role", person="ada", role="viewer") == "not_allowed"
    roster(meeting, "ada", "set_role", person="bob", role="host")
    assert roster(meeting, "ada", "set_role", person="ada", role="viewer") == ""


def test_hosting_is_handed_over(meeting: Meeting) -> None:
    assert roster(meeting, "ada", "hand_over", person="bob") == ""
    assert (meeting.role("ada"), meeting.role("bob")) == ("co-host", "host")
    meeting.away("eve")
    assert roster(meeting, "bob", "hand_over", person="eve") == "not_allowed"


def test_names_are_changed_by_oneself_and_by_those_who_run_the_room(meeting: Meeting) -> None:
    assert roster(meeting, "ada", "rename_person", person="bob", name="Robert") == ""
    assert meeting.state.persons["bob"].name == "Robert"
    assert roster(meeting, "bob", "rename_person", person="eve", name="x") == "not_allowed"
    roster(meeting, "ada", "allow", setting="rename", roles=[])
    assert roster(meeting, "bob", "rename", name="Bobby") == "not_allowed"
    roster(meeting, "bob", "leave")
    meeting.join("bob", session="again")
    assert meeting.state.persons["bob"].name == "Robert", "coming back is no way round it"


# The host is gone


def test_the_next_cohost_hosts_when_the_host_stays_away(meeting: Meeting) -> None:
    roster(meeting, "ada", "set_role", person="eve", role="co-host")
    meeting.away("ada")
    assert meeting.fire(HOST_TIMER)
    assert meeting.role("eve") == "host"
    assert meeting.role("ada") == "co-host"


def test_without_a_cohost_whoever_is_here_longest_hosts_but_no_viewer() -> None:
    meeting = Meeting()
    meeting.join("looker", Role.VIEWER)
    meeting.join("ada", Role.HOST)
    meeting.join("bob")
    meeting.join("eve")
    roster(meeting, "ada", "leave")
    assert meeting.fire(HOST_TIMER)
    assert [meeting.role(p) for p in ("looker", "bob", "eve")] == ["viewer", "host", "participant"]


def test_a_host_who_comes_back_in_time_stays_host(meeting: Meeting) -> None:
    meeting.away("ada")
    assert HOST_TIMER in meeting.state.timers
    meeting.back("ada")
    assert HOST_TIMER not in meeting.state.timers
    assert meeting.role("ada") == "host"


def test_a_host_who_comes_back_late_hosts_again_and_the_other_goes_back(meeting: Meeting) -> None:
    meeting.away("ada")
    meeting.fire(HOST_TIMER)
    assert meeting.role("bob") == "host"
    meeting.back("ada")
    assert (meeting.role("ada"), meeting.role("bob")) == ("host", "participant")
    roster(meeting, "ada", "leave")
    meeting.fire(HOST_TIMER)
    assert meeting.role("bob") == "host"
    assert meeting.join("ada", Role.HOST, session="again") == ""
    assert (meeting.role("ada"), meeting.role("bob")) == ("host", "participant")


def test_a_room_without_anybody_waits_for_whoever_comes_first(meeting: Meeting) -> None:
    for session in ("bob", "eve", "ada"):
        meeting.away(session)
    meeting.fire(HOST_TIMER)
    assert meeting.role("ada") == "host"
    meeting.back("bob")
    meeting.fire(HOST_TIMER)
    assert meeting.role("bob") == "host"


def test_the_hosts_key_makes_a_host_of_a_person_who_is_here_already(meeting: Meeting) -> None:
    meeting.join("bob", Role.HOST, session="bob+2")
    assert meeting.role("bob") == "host"
    assert ("role", {"person": "bob", "role": "host"}) in meeting.events()


# One person on several devices


def test_one_person_with_two_devices_is_one_person(meeting: Meeting) -> None:
    meeting.join("bob", session="bob+2")
    view = meeting.view("roster", "ada")
    assert sorted(view["persons"]) == ["ada", "bob", "eve"]
    assert sorted(view["sessions"].values()) == ["ada", "bob", "bob", "eve"]
    meeting.away("bob")
    assert meeting.view("roster", "ada")["persons"]["bob"]["present"]
    meeting.away("bob+2")
    assert not meeting.view("roster", "ada")["persons"]["bob"]["present"]


def test_who_comes_back_has_the_role_they_had(meeting: Meeting) -> None:
    roster(meeting, "ada", "set_role", person="bob", role="presenter")
    roster(meeting, "bob", "leave")
    assert "bob" not in meeting.state.persons
    meeting.join("bob", session="again")
    assert meeting.role("bob") == "presenter"


# Removing


def test_a_removed_person_is_out_with_all_devices_and_does_not_come_back(meeting: Meeting) -> None:
    meeting.join("bob", session="bob+2", device="laptop")
    assert roster(meeting, "ada", "remove", person="bob") == ""
    assert set(meeting.last.closed) == {"bob", "bob+2"}
    assert {closed.reason for closed in meeting.last.closed.values()} == {"banned"}
    assert meeting.join("bob", session="again") == "banned"
    assert meeting.join("other", session="new", device="laptop") == "banned"
    assert meeting.join("bob", Role.HOST, session="key") == "banned"
    assert meeting.join("stranger", device="phone") == ""
    assert [ban["name"] for ban in meeting.view("roster", "ada")["doors"]["bans"].values()] == [
        "Bob"
    ]
    assert "bans" not in meeting.view("roster", "eve")["doors"]


def test_a_ban_is_undone(meeting: Meeting) -> None:
    roster(meeting, "ada", "remove", person="bob")
    assert roster(meeting, "eve", "unban", person="bob") == "not_allowed"
    assert roster(meeting, "ada", "unban", person="bob") == ""
    assert meeting.join("bob", session="again") == ""
    assert roster(meeting, "ada", "unban", person="bob") == "not_found"


def test_who_is_removed_without_a_ban_may_come_again(meeting: Meeting) -> None:
    roster(meeting, "ada", "remove", person="bob", ban=False)
    assert meeting.last.closed["bob"].reason == "removed"
    assert meeting.join("bob", session="again") == ""


def test_somebody_who_left_is_banned_all_the_same(meeting: Meeting) -> None:
    roster(meeting, "bob", "leave")
    assert roster(meeting, "ada", "remove", person="bob") == ""
    assert meeting.join("bob", session="again") == "banned"


# The lobby


def test_who_waits_is_told_nothing_and_the_staff_see_them(meeting: Meeting) -> None:
    roster(meeting, "ada", "configure", lobby=True)
    assert meeting.join("zoe") == ""
    assert meeting.role("zoe") == "waiting"
    assert [(type_, meeting.told(type_)) for type_, _ in meeting.events()] == [
        ("knocked", ("ada",))
    ]
    assert meeting.view("roster", "ada")["waiting"]["zoe"]["name"] == "Zoe"
    assert "zoe" not in meeting.view("roster", "eve")["persons"]
    assert "waiting" not in meeting.view("roster", "eve")
    assert set(meeting.view("roster", "zoe")) == {"lobby"}
    assert meeting.do("zoe", "chat", "post", {"text": "let me in"}) == "not_allowed"


def test_who_is_admitted_joins_and_gets_whole_views(meeting: Meeting) -> None:
    roster(meeting, "ada", "configure", lobby=True)
    meeting.join("zoe", Role.VIEWER)
    assert roster(meeting, "ada", "admit", persons=["zoe", "nobody"]) == ""
    assert [type_ for type_, _ in meeting.events()] == ["admitted", "joined"]
    assert meeting.role("zoe") == "viewer"
    assert meeting.last.renewed == {"zoe": True}
    assert meeting.state.persons["zoe"].view_from == meeting.state.sequence
    roster(meeting, "zoe", "leave")
    meeting.join("zoe", session="again")
    assert meeting.role("zoe") == "viewer", "who was let in once is known"


def test_all_are_admitted_at_once_and_when_the_lobby_ends(meeting: Meeting) -> None:
    roster(meeting, "ada", "configure", lobby=True)
    for person in ("v", "w"):
        meeting.join(person)
    roster(meeting, "ada", "admit_all")
    meeting.join("x")
    roster(meeting, "ada", "configure", lobby=False)
    assert {meeting.role(person) for person in "vwx"} == {"participant"}


def test_who_is_denied_may_ask_again_and_who_is_banned_may_not(meeting: Meeting) -> None:
    roster(meeting, "ada", "configure", lobby=True)
    meeting.join("zoe")
    assert roster(meeting, "ada", "deny", person="zoe") == ""
    assert meeting.last.closed["zoe"].reason == "denied"
    assert ("gone", {"person": "zoe"}) in meeting.events()
    assert meeting.join("zoe", session="again") == ""
    roster(meeting, "ada", "deny", person="zoe", ban=True)
    assert meeting.join("zoe", session="third") == "banned"


def test_a_message_reaches_those_who_wait(meeting: Meeting) -> None:
    roster(meeting, "ada", "configure", lobby=True)
    meeting.join("zoe")
    roster(meeting, "ada", "tell_waiting", text="Five more minutes")
    assert meeting.last.renewed == {"zoe": True}
    assert meeting.view("roster", "zoe")["lobby"]["message"] == "Five more minutes"


def test_who_waits_and_goes_away_waits_no_more_after_a_minute(meeting: Meeting) -> None:
    roster(meeting, "ada", "configure", lobby=True)
    meeting.join("zoe")
    meeting.away("zoe")
    assert meeting.fire(EXPIRY_PREFIX + "zoe")
    assert "zoe" not in meeting.state.persons
    assert meeting.view("roster", "ada")["waiting"] == {}


def test_somebody_is_sent_back_to_the_lobby(meeting: Meeting) -> None:
    assert roster(meeting, "ada", "to_lobby", person="bob") == ""
    assert meeting.role("bob") == "waiting"
    assert meeting.last.renewed == {"bob": True}
    roster(meeting, "ada", "admit", persons=["bob"])
    assert meeting.role("bob") == "participant"


# The other doors


def test_a_locked_room_lets_in_nobody_new_but_a_host(meeting: Meeting) -> None:
    roster(meeting, "ada", "configure", locked=True)
    assert meeting.join("zoe") == "room_locked"
    assert meeting.join("bob", session="bob+2") == "", "who is inside may use another device"
    meeting.away("eve")
    assert meeting.back("eve") == ""
    assert meeting.join("hana", Role.HOST) == ""


def test_a_full_room_says_so(meeting: Meeting) -> None:
    roster(meeting, "ada", "configure", participants_max=3)
    assert meeting.join("zoe") == "room_full"
    meeting.away("bob")
    assert meeting.join("zoe") == "", "who is away takes no place"
    assert roster(meeting, "ada", "configure", participants_max=-1) == "malformed"


def test_a_passcode_is_asked_for_and_throttled_by_address(meeting: Meeting) -> None:
    roster(meeting, "ada", "configure", passcode="4711")
    proof, wrong = passcode_proof("room", "4711"), passcode_proof("room", "1234")
    assert meeting.join("zoe", address="a") == "passcode_needed"
    for _ in range(PASSCODE_TRIES_MAX):
        assert meeting.join("zoe", address="a", passcode=wrong) == "passcode_wrong"
    assert meeting.join("zoe", address="a", passcode=proof) == "passcode_throttled"
    assert meeting.join("yan", address="b", passcode=proof) == ""
    meeting.add(after_ms=PASSCODE_WINDOW_MS)
    assert meeting.join("zoe", address="a", passcode=proof) == ""
    assert meeting.join("guest", "presenter", invited=True) == "", "a personal link needs none"
    assert meeting.view("roster", "ada")["doors"]["passcode"] == "4711"
    assert "passcode" not in meeting.view("roster", "bob")["doors"]


def test_a_room_ends_for_everyone_and_opens_with_the_hosts_key(meeting: Meeting) -> None:
    assert roster(meeting, "ada", "end") == ""
    assert {closed.reason for closed in meeting.last.closed.values()} == {"ended"}
    assert not meeting.state.persons
    assert meeting.join("bob", session="again") == "room_ended"
    assert meeting.join("ada", Role.HOST, session="key") == ""
    assert meeting.join("bob", session="again") == ""


def test_an_empty_room_closes_after_its_time(meeting: Meeting) -> None:
    roster(meeting, "ada", "configure", close_when_empty_ms=10_000)
    for session in ("ada", "bob", "eve"):
        meeting.away(session)
    assert meeting.fire(EMPTY_TIMER)
    assert not meeting.state.sessions
    assert meeting.join("bob", session="again") == "room_ended"


def test_an_empty_room_closes_also_where_no_server_had_it_open(meeting: Meeting) -> None:
    roster(meeting, "ada", "configure", close_when_empty_ms=10_000)
    for session in ("ada", "bob", "eve"):
        roster(meeting, session, "leave")
    meeting.add(after_ms=10_000)
    assert meeting.join("bob", session="again") == "room_ended"


def test_the_plan_of_a_room_comes_with_the_first_ticket_whoever_has_it() -> None:
    plan = RoomPlan(lobby=True, passcode="x", participants_max=7, closed=("chat", "unheard"))
    meeting = Meeting()
    assert meeting.join("bob", plan=plan) == "passcode_needed"
    assert meeting.join("ada", Role.HOST, plan=RoomPlan()) == ""
    doors = meeting.state.doors
    assert doors is not None
    assert (doors.lobby, doors.passcode, doors.participants_max) == (True, "x", 7)
    assert meeting.view("roster", "ada")["locks"]["open_to"] == {"chat": []}


# Settings


def test_a_setting_is_closed_for_roles_and_all_are_suspended_at_once(meeting: Meeting) -> None:
    roster(meeting, "ada", "set_role", person="eve", role="presenter")
    roster(meeting, "ada", "allow", setting="chat", roles=["viewer"])
    assert meeting.do("bob", "chat", "post", {"text": "x"}) == "not_allowed"
    assert meeting.do("eve", "chat", "post", {"text": "x"}) == ""
    roster(meeting, "ada", "suspend", on=True)
    assert meeting.do("eve", "chat", "post", {"text": "x"}) == "not_allowed"
    assert meeting.do("ada", "chat", "post", {"text": "x"}) == ""
    roster(meeting, "ada", "suspend", on=False)
    roster(meeting, "ada", "allow", setting="chat", roles=["participant", "viewer"])
    assert meeting.do("bob", "chat", "post", {"text": "x"}) == ""
    assert meeting.view("roster", "bob")["locks"] == {"open_to": {}, "suspended": False}
    assert roster(meeting, "ada", "allow", setting="chat", roles=["host"]) == "malformed"
    assert roster(meeting, "ada", "allow", setting="unheard", roles=[]) == "malformed"


def test_who_may_not_see_the_people_sees_the_staff_and_themselves(meeting: Meeting) -> None:
    roster(meeting, "ada", "allow", setting="see_people", roles=[])
    assert meeting.told("listed") == ("bob", "eve")
    assert sorted(meeting.view("roster", "bob")["persons"]) == ["ada", "bob"]
    meeting.join("zoe")
    assert meeting.told("joined") == ("ada", "zoe")
    roster(meeting, "ada", "set_role", person="bob", role="presenter")
    assert meeting.told("listed") == ("bob",)
    assert sorted(meeting.view("roster", "bob")["persons"]) == ["ada", "bob", "eve", "zoe"]
    assert meeting.told("role") == ("ada", "bob")
    roster(meeting, "ada", "allow", setting="see_people", roles=["participant", "viewer"])
    assert meeting.told("listed") == ("eve", "zoe")
    assert meeting.told("locks") is None


# Attendance


def test_attendance_says_who_was_here_how_long_and_how_much_they_wrote(meeting: Meeting) -> None:
    meeting.do("bob", "chat", "post", {"text": "x"})
    meeting.add(after_ms=10_000)
    meeting.away("bob")
    meeting.add(after_ms=5_000)
    meeting.back("bob")
    meeting.do("bob", "chat", "post", {"text": "y"})
    roster(meeting, "bob", "leave")
    rows = {
        row["person"]: row for row in attendance.rows(meeting.state.apps["roster"], meeting.state)
    }
    assert list(rows) == ["ada", "bob", "eve"]
    assert rows["bob"]["messages"] == 2
    assert len(rows["bob"]["visits"]) == 2
    assert not rows["bob"]["here"]
    assert 10_000 <= rows["bob"]["present_ms"] < 15_000 <= rows["ada"]["present_ms"]


def test_who_only_waited_did_not_attend(meeting: Meeting) -> None:
    roster(meeting, "ada", "configure", lobby=True)
    meeting.join("zoe")
    assert "zoe" not in meeting.state.apps["roster"].attended
    roster(meeting, "ada", "admit", persons=["zoe"])
    assert meeting.state.apps["roster"].attended["zoe"].visits[0][1] == 0


# Level 1


def test_a_room_of_level_one_has_no_doors() -> None:
    meeting = Meeting(level=1)
    meeting.join("ada", Role.HOST, plan=RoomPlan(lobby=True))
    meeting.join("bob", Role.VIEWER)
    assert meeting.state.doors is None
    assert roster(meeting, "ada", "set_role", person="bob", role="host") == "unknown_operation"
    assert meeting.do("bob", "chat", "post", {"text": "x"}) == "not_allowed"
