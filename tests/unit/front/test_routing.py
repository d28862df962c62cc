"""The front door's decision from the first bytes."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from folkmoot.servers.front.routing import REQUEST_LINE_BYTES_MAX, Kind, answer, decide


@pytest.mark.parametrize(
    ("line", "server"),
    [
        (b"GET /s/collaboration-1 HTTP/1.1\r\n", "collaboration-1"),
        (b"GET /s/collaboration-1?x=/y HTTP/1.1\r\nHost: a", "collaboration-1"),
        (b"GET /s/collaboration-1/more HTTP/1.1\n", "collaboration-1"),
        (b"GET http://example.org:80/s/c-2 HTTP/1.1\r\n", "c-2"),
        (b"\r\nGET /s/c-2 HTTP/1.1\r\n", "c-2"),
    ],
)
def test_a_servers_path_goes_to_that_server(line: bytes, server: str) -> None:
    decision = decide(line)
    assert (decision.kind, decision.server) == (Kind.SERVER, server)


@pytest.mark.parametrize(
    "line",
    [
        b"GET / HTTP/1.1\r\n",
        b"POST /api/v1/rooms HTTP/1.1\r\n",
        b"GET /s HTTP/1.1\r\n",
        b"GET /s/ HTTP/1.1\r\n",
        b"GET /s/../../etc/passwd HTTP/1.1\r\n",
        b"GET /s/..%2fx HTTP/1.1\r\n",
        b"GET /s/UPPER HTTP/1.1\r\n",
        b"GET /s/" + b"a" * 64 + b" HTTP/1.1\r\n",
        b"GET /r/slug?to=/s/collaboration-1 HTTP/1.1\r\n",
        b"GET /%73/collaboration-1 HTTP/1.1\r\n",
        b"OPTIONS * HTTP/1.1\r\n",
        b"PRI * HTTP/2.0\r\n",
        b"GET http://a/ HTTP/1.1\r\n",
        b"GET ? HTTP/1.1\r\n",
    ],
)
def test_everything_else_goes_to_a_web_server(line: bytes) -> None:
    assert decide(line).kind is Kind.WEB


@pytest.mark.parametrize(
    "head",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"hello\r\n",
        b"get / HTTP/1.1\r\n",
        b"GET /\r\n",
        b"GET / FTP/1.1\r\n",
        b"\x00",
        b"\x80\x81",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"A" * 40,
    ],
)
def test_what_is_not_http_is_refused(head: bytes) -> None:
    decision = decide(head)
    assert (decision.kind, decision.status) == (Kind.REFUSE, 400)


@pytest.mark.parametrize("head", [b"", b"G", b"GET", b"GET /s/collab", b"GET / HTTP/1.1", b"\r\n"])
def test_half_a_line_waits_for_the_rest(head: bytes) -> None:
    assert decide(head).kind is Kind.MORE


def test_a_line_over_the_limit_is_refused() -> None:
    line = b"GET /" + b"a" * REQUEST_LINE_BYTES_MAX
    assert decide(line[: REQUEST_LINE_BYTES_MAX - 1]).kind is Kind.MORE
    assert decide(line[:REQUEST_LINE_BYTES_MAX]).status == 414


@given(st.binary(max_size=300), st.integers(0, 300))
@example(b"GET /s/collaboration-1 HTTP/1.1\r\nHost: x\r\n", 20)
def test_more_bytes_never_change_a_decision(data: bytes, cut: int) -> None:
    early = decide(data[:cut])
    if early.kind is not Kind.MORE:
        assert decide(data) == early


@given(st.binary(max_size=64))
def test_a_request_line_decides_however_it_is_cut(rest: bytes) -> None:
    line = b"GET /s/collaboration-1 HTTP/1.1\r\n" + rest
    kinds = {decide(line[:cut]).kind for cut in range(len(line) + 1)}
    assert kinds == {Kind.MORE, Kind.SERVER}


def test_an_answer_is_a_whole_response() -> None:
    head, _, body = answer(503, "Try again.").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"Connection: close" in head
    assert f"Content-Length: {len(body)}".encode() in head
    assert body == b"Try again.\n"


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (b"GET /yjs/room/pad?token=x HTTP/1.1\r\n", "/yjs/room/pad"),
        (b"GET /hocuspocus/room HTTP/1.1\r\n", "/hocuspocus/room"),
        (b"GET /hocuspocus HTTP/1.1\r\n", ""),
        (b"GET /hocuspocus/ HTTP/1.1\r\n", ""),
    ],
)
def test_other_editors_go_to_a_collaboration_server_the_same_for_the_same_address(
    line: bytes, key: str
) -> None:
    decision = decide(line)
    assert (decision.kind, decision.roles) == (Kind.EDITOR, ("collaboration-",))
    assert decision.key == key


@pytest.mark.parametrize("line", [b"GET /yjs HTTP/1.1\r\n", b"GET /hocuspocusx HTTP/1.1\r\n"])
def test_what_only_looks_like_an_editors_path_goes_to_a_web_server(line: bytes) -> None:
    assert decide(line).kind is Kind.WEB
