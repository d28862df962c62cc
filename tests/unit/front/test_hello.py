"""What a front door takes from the first bytes of a TLS connection."""

from __future__ import annotations

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.servers.front.hello import Hello, read_hello
from folkmoot.servers.front.routing import (
    MEETINGS_FIRST,
    PAGES_FIRST,
    REQUEST_LINE_BYTES_MAX,
    Kind,
    decide_encrypted,
)


def hello(name: str | None, *protocols: str) -> bytes:
    """What OpenSSL would send first."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if protocols:
        context.set_alpn_protocols(list(protocols))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        context.wrap_bio(incoming, outgoing, server_hostname=name).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def test_the_name_and_the_protocols_are_read() -> None:
    assert read_hello(hello("Meet.Example", "h2", "http/1.1")) == Hello(
        "meet.example", ("h2", "http/1.1")
    )
    assert read_hello(hello(None)) == Hello()


def test_every_beginning_of_a_hello_is_waited_for() -> None:
    whole = hello("meet.example", "h2")
    assert all(decide_encrypted(whole[:end]).kind is Kind.MORE for end in range(1, len(whole)))
    assert decide_encrypted(whole).kind is Kind.TLS


def test_who_may_ask_for_pages_goes_to_a_web_server_and_others_to_a_meeting() -> None:
    assert decide_encrypted(hello("meet.example", "h2", "http/1.1")).roles == PAGES_FIRST
    assert decide_encrypted(hello("meet.example", "http/1.1")).roles == MEETINGS_FIRST
    assert decide_encrypted(hello(None)).roles == MEETINGS_FIRST


def test_a_servers_own_name_chooses_it() -> None:
    named = decide_encrypted(hello("collaboration-2.meet.example", "http/1.1"))
    assert named.server == "collaboration-2"
    assert decide_encrypted(hello("collaboration.example")).server == ""
    assert decide_encrypted(hello("web-1.meet.example")).server == ""


@pytest.mark.parametrize("head", [b"GET / HTTP/1.1\r\n", b"G", b"\x00", b"\x80\x81"])
def test_what_is_not_tls_is_told_so(head: bytes) -> None:
    decision = decide_encrypted(head)
    assert decision.kind is Kind.REFUSE
    assert "https://" in decision.text


@given(st.binary(min_size=1, max_size=300))
def test_whatever_comes_is_decided_or_waited_for(rest: bytes) -> None:
    for head in (rest, b"\x16" + rest, b"\x16\x03\x01\x00\x20" + rest):
        assert decide_encrypted(head).kind in (Kind.MORE, Kind.TLS, Kind.REFUSE)


WHOLE = hello("meet.example", "h2")


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_garbled_hello_goes_to_somebody(at: int, byte: int) -> None:
    whole = bytearray(WHOLE)
    whole[5 + at % (len(whole) - 5)] = byte
    assert decide_encrypted(bytes(whole)).kind is Kind.TLS


def test_a_hello_without_end_goes_to_somebody() -> None:
    endless = b"\x16\x03\x01\x40\x00" + bytes(REQUEST_LINE_BYTES_MAX)
    assert decide_encrypted(endless[:REQUEST_LINE_BYTES_MAX]).kind is Kind.TLS
