"""Tickets and session tokens: what is let in, and what never is."""

from __future__ import annotations

import base64
import hashlib
import hmac

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.conference.batch import RoomPlan
from folkmoot.errors import InvariantViolated, Refused
from folkmoot.servers.doors.tickets import (
    KINDS,
    AdminToken,
    DeckTicket,
    EditorToken,
    ExportTicket,
    FileTicket,
    PersonToken,
    SessionToken,
    Ticket,
    UploadTicket,
)
from folkmoot.servers.doors.tokens import EXPIRED, INVALID, TOKEN_CHARACTERS_MAX, Token

KEY = bytes(range(32))
OTHER_KEY = bytes(32)
TICKET = Ticket("conf", "person", "session", "Ada", "participant", 1_000)
TOKEN = SessionToken("conf", "session", "person", 1_000)


def refused_code(text: str, *, key: bytes = KEY, now_ms: int = 0) -> str:
    with pytest.raises(Refused) as refusal:
        Ticket.verify(key, text, now_ms)
    return refusal.value.code


def test_a_ticket_comes_back_as_it_was_signed() -> None:
    assert Ticket.verify(KEY, TICKET.sign(KEY), 999) == TICKET


def test_a_session_token_comes_back_as_it_was_signed() -> None:
    assert SessionToken.verify(KEY, TOKEN.sign(KEY), 999) == TOKEN


@given(name=st.text(max_size=64), role=st.sampled_from(["host", "participant"]))
def test_any_content_survives_signing(name: str, role: str) -> None:
    encodable = name.encode(errors="replace").decode()
    ticket = msgspec.convert(["c", "p", "s", encodable, role, 7], Ticket)
    assert Ticket.verify(KEY, ticket.sign(KEY), 6) == ticket


def test_a_ticket_is_over_at_its_time() -> None:
    assert refused_code(TICKET.sign(KEY), now_ms=1_000) == "token_expired"


def test_another_zones_ticket_is_refused() -> None:
    assert refused_code(TICKET.sign(OTHER_KEY)) == "token_invalid"


def test_an_expired_forgery_is_called_forged_not_expired() -> None:
    assert refused_code(TICKET.sign(OTHER_KEY), now_ms=5_000) == "token_invalid"


def test_a_session_token_is_no_ticket_and_a_ticket_no_session_token() -> None:
    assert refused_code(TOKEN.sign(KEY)) == "token_invalid"
    with pytest.raises(Refused, match="token_invalid"):
        SessionToken.verify(KEY, TICKET.sign(KEY), 0)


def test_relabelling_the_kind_breaks_the_signature() -> None:
    assert refused_code("t1" + TOKEN.sign(KEY)[2:]) == "token_invalid"


def test_every_changed_character_is_noticed() -> None:
    text = TICKET.sign(KEY)
    for index, character in enumerate(text):
        changed = text[:index] + ("A" if character != "A" else "B") + text[index + 1 :]
        assert refused_code(changed) == "token_invalid", index


def test_the_last_character_has_one_spelling_only() -> None:
    text = TICKET.sign(KEY)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for character in alphabet:
        if character != text[-1]:
            assert refused_code(text[:-1] + character) == "token_invalid"


TOO_LONG = "t1." + "A" * TOKEN_CHARACTERS_MAX


@pytest.mark.parametrize(
    "text", ["", ".", "t1", "t1..", "none." * 3, "t1.e30.", "\x00", "ä", TOO_LONG]
)
def test_what_is_no_token_at_all_is_refused(text: str) -> None:
    assert refused_code(text) == "token_invalid"


@given(st.text(max_size=200))
def test_any_text_is_refused_without_another_exception(text: str) -> None:
    assert refused_code(text) == "token_invalid"


def test_padding_and_line_ends_are_refused() -> None:
    text = TICKET.sign(KEY)
    for changed in (text + "=", text + "\n", " " + text, text.replace(".", "\n.", 1)):
        assert refused_code(changed) == "token_invalid"


def test_a_signed_payload_of_another_shape_is_refused() -> None:
    payload = msgspec.msgpack.encode(["conf", "person"])
    signature = hmac.new(KEY, b"folkmoot t1\n" + payload, hashlib.sha256).digest()

    def text(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    assert refused_code(f"t1.{text(payload)}.{text(signature)}") == "token_invalid"


def test_an_unknown_role_cannot_be_read() -> None:
    odd = msgspec.structs.replace(TICKET, role="admin")  # type: ignore[arg-type]
    assert refused_code(odd.sign(KEY)) == "token_invalid"


def test_a_key_of_another_length_is_a_bug_of_ours() -> None:
    with pytest.raises(InvariantViolated):
        TICKET.sign(b"short")


FAR_MS = 4_000_000_000_000
PLAN = RoomPlan(lobby=True, participants_max=12, closed=("chat",))
HELD = [
    (
        Ticket(
            "conf",
            "person",
            "session",
            "Ada Lovelace",
            "co-host",
            FAR_MS,
            "device",
            "address",
            "proof",
            True,
            PLAN,
        ),
        (
            "t1.m6Rjb25mpnBlcnNvbqdzZXNzaW9urEFkYSBMb3ZlbGFjZadjby1ob3N0zwAAA6NSlEAApmRldmljZadhZGRy"
            "ZXNzpXByb29mw5XDoAwAkaRjaGF0.aT512gOpseY7McetZfVWtaT89_9Phht-6S2l52vFgiw"
        ),
    ),
    (
        SessionToken("conf", "session", "person", FAR_MS),
        "s1.lKRjb25mp3Nlc3Npb26mcGVyc29uzwAAA6NSlEAA.2dqj1ArqrcDLc7yTtB6vCzsIQnWn9fm-kM46DWKziIo",
    ),
    (
        ExportTicket("conf", "person", "export", "object", "ab" * 32, FAR_MS, "Notes.docx"),
        (
            "x1.l6Rjb25mpnBlcnNvbqZleHBvcnSmb2JqZWN02UBhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFi"
            "YWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFizwAAA6NSlEAAqk5vdGVzLmRvY3g.cunO2BPD0orGV-t4b9H"
            "fgtW_u98tuOqIFzU62hBby3g"
        ),
    ),
    (
        AdminToken("id", "node-1", FAR_MS),
        "a1.k6JpZKZub2RlLTHPAAADo1KUQAA.94sjEGfugQs1KgnMIk51FHhQozHoKKxeBPIE7tYEzT0",
    ),
    (
        PersonToken("conf", "person", "Ada Lovelace", "host", FAR_MS),
        (
            "p1.laRjb25mpnBlcnNvbqxBZGEgTG92ZWxhY2WkaG9zdM8AAAOjUpRAAA.M71Xlmo7t-Pw64SUfn82CDuz611It"
            "0tQ5Llo_5VZWlM"
        ),
    ),
    (
        UploadTicket("conf", "person", "slides", 1_000_000, FAR_MS),
        (
            "u1.laRjb25mpnBlcnNvbqZzbGlkZXPOAA9CQM8AAAOjUpRAAA.Ab_L-MuZO3ef1XXO4MHn2unN8c1JlpPk5Lojx"
            "x20oqs"
        ),
    ),
    (
        FileTicket(
            "conf", "person", "file", "object", "preview", "Plan.pdf", "application/pdf", FAR_MS
        ),
        (
            "f1.mKRjb25mpnBlcnNvbqRmaWxlpm9iamVjdKdwcmV2aWV3qFBsYW4ucGRmr2FwcGxpY2F0aW9uL3BkZs8AAAOj"
            "UpRAAA.cWgEcrdxr_qLVWIUjWeD20bP2PM69t7zR0s7BIkIE7A"
        ),
    ),
    (
        EditorToken("conf", "link", FAR_MS),
        "e1.k6Rjb25mpGxpbmvPAAADo1KUQAA.LL2ONz9uDPXhl3D8qCBycHXTy9qJv-Kwr_oylBbvOos",
    ),
    (
        DeckTicket("conf", "person", "deck", "decks/1/", "Title", True, FAR_MS),
        (
            "d1.l6Rjb25mpnBlcnNvbqRkZWNrqGRlY2tzLzEvpVRpdGxlw88AAAOjUpRAAA.QKshhDjf6yX67Hw1Wywz8IK6W"
            "fPDiJ1nAY8gWIW_tWk"
        ),
    ),
]
"""Tokens as the code of November 2026 made them. People hold such in links: never renew these."""


@pytest.mark.parametrize(("token", "text"), HELD, ids=[type(token).__name__ for token, _ in HELD])
def test_tokens_that_people_hold_stay_valid_to_the_byte(token: Token, text: str) -> None:
    assert type(token).verify(KEY, text, FAR_MS - 1) == token
    assert token.sign(KEY) == text


def test_there_is_a_held_token_of_every_kind() -> None:
    assert sorted(type(token).mark for token, _ in HELD) == sorted(kind.mark for kind in KINDS)
    assert len({kind.mark for kind in KINDS}) == len(KINDS) == len(Token.__subclasses__())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_token_of_any_kind_is_invalid_as_all_others_and_expires(kind: type[Token]) -> None:
    (text,) = (text for token, text in HELD if type(token) is kind)
    for other in KINDS:
        if other is not kind:
            with pytest.raises(Refused, match=INVALID):
                other.verify(KEY, text, 0)
    with pytest.raises(Refused, match=EXPIRED):
        kind.verify(KEY, text, FAR_MS)


def test_a_kind_without_a_lifetime_of_its_own_is_given_one_by_who_makes_it() -> None:
    assert SessionToken.expiry_ms(5) == 5 + SessionToken.lifetime_ms
    with pytest.raises(InvariantViolated):
        AdminToken.expiry_ms(5)
