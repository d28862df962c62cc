"""Tickets and session tokens: what is let in, and what never is."""

from __future__ import annotations

import base64
import hashlib
import hmac

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.errors import InvariantViolated, Refused
from folkmoot.servers.doors.tickets import (
    TOKEN_CHARACTERS_MAX,
    SessionToken,
    Ticket,
    sign_session,
    sign_ticket,
    verify_session,
    verify_ticket,
)

KEY = bytes(range(32))
OTHER_KEY = bytes(32)
TICKET = Ticket("conf", "person", "session", "Ada", "participant", 1_000)
TOKEN = SessionToken("conf", "session", "person", 1_000)


def refused_code(text: str, *, key: bytes = KEY, now_ms: int = 0) -> str:
    with pytest.raises(Refused) as refusal:
        verify_ticket(key, text, now_ms)
    return refusal.value.code


def test_a_ticket_comes_back_as_it_was_signed() -> None:
    assert verify_ticket(KEY, sign_ticket(KEY, TICKET), 999) == TICKET


def test_a_session_token_comes_back_as_it_was_signed() -> None:
    assert verify_session(KEY, sign_session(KEY, TOKEN), 999) == TOKEN


@given(name=st.text(max_size=64), role=st.sampled_from(["host", "participant"]))
def test_any_content_survives_signing(name: str, role: str) -> None:
    encodable = name.encode(errors="replace").decode()
    ticket = msgspec.convert(["c", "p", "s", encodable, role, 7], Ticket)
    assert verify_ticket(KEY, sign_ticket(KEY, ticket), 6) == ticket


def test_a_ticket_is_over_at_its_time() -> None:
    assert refused_code(sign_ticket(KEY, TICKET), now_ms=1_000) == "token_expired"


def test_another_zones_ticket_is_refused() -> None:
    assert refused_code(sign_ticket(OTHER_KEY, TICKET)) == "token_invalid"


def test_an_expired_forgery_is_called_forged_not_expired() -> None:
    assert refused_code(sign_ticket(OTHER_KEY, TICKET), now_ms=5_000) == "token_invalid"


def test_a_session_token_is_no_ticket_and_a_ticket_no_session_token() -> None:
    assert refused_code(sign_session(KEY, TOKEN)) == "token_invalid"
    with pytest.raises(Refused, match="token_invalid"):
        verify_session(KEY, sign_ticket(KEY, TICKET), 0)


def test_relabelling_the_kind_breaks_the_signature() -> None:
    assert refused_code("t1" + sign_session(KEY, TOKEN)[2:]) == "token_invalid"


def test_every_changed_character_is_noticed() -> None:
    text = sign_ticket(KEY, TICKET)
    for index, character in enumerate(text):
        changed = text[:index] + ("A" if character != "A" else "B") + text[index + 1 :]
        assert refused_code(changed) == "token_invalid", index


def test_the_last_character_has_one_spelling_only() -> None:
    text = sign_ticket(KEY, TICKET)
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
    text = sign_ticket(KEY, TICKET)
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
    assert refused_code(sign_ticket(KEY, odd)) == "token_invalid"


def test_a_key_of_another_length_is_a_bug_of_ours() -> None:
    with pytest.raises(InvariantViolated):
        sign_ticket(b"short", TICKET)
