"""Which pages may connect."""

from __future__ import annotations

import pytest

from folkmoot.servers.doors.origin import host_sane, origin_allowed, origins_of


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, "127.0.0.1:8080"),
        ("http://127.0.0.1:8080", "127.0.0.1:8080"),
        ("http://LOCALHOST:8080", "localhost:8080"),
        ("http://example.org", "example.org"),
        ("https://example.org", "example.org"),
        ("https://example.org", "example.org:443"),
        ("http://example.org:80", "example.org"),
        ("http://[::1]:8080", "[::1]:8080"),
    ],
)
def test_a_page_of_this_host_and_programs_may_connect(origin: str | None, host: str) -> None:
    assert origin_allowed(origin, host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("null", "127.0.0.1:8080"),
        ("", "127.0.0.1:8080"),
        ("http://evil.example", "127.0.0.1:8080"),
        ("http://127.0.0.1", "127.0.0.1:8080"),
        ("http://127.0.0.1:8081", "127.0.0.1:8080"),
        ("http://127.0.0.1:8080.evil.example", "127.0.0.1:8080"),
        ("http://evil.example/127.0.0.1:8080", "127.0.0.1:8080"),
        ("http://127.0.0.1:8080@evil.example", "127.0.0.1:8080"),
        ("https://example.org", "example.org:80"),
        ("file://", "127.0.0.1:8080"),
        ("chrome-extension://abc", "127.0.0.1:8080"),
        ("http://a\nb", "a\nb"),
        ("http://example.org", ""),
    ],
)
def test_every_other_page_is_refused(origin: str, host: str) -> None:
    assert not origin_allowed(origin, host)


def test_a_listed_page_may_connect() -> None:
    listed = frozenset({"https://meet.example.org"})
    assert origin_allowed("https://meet.example.org", "10.0.0.1:9000", listed)
    assert not origin_allowed("https://meet.example.net", "10.0.0.1:9000", listed)


def test_a_host_header_is_a_name_or_an_address() -> None:
    assert host_sane("Example.org:8080")
    assert host_sane("[::1]:8080")
    for odd in ("", "a b", "a/b", "a;b", "a'b", "a\r\nb", "a:b", "user@a", "ä", "a" * 300):
        assert not host_sane(odd), odd


def test_origins_are_written_as_browsers_write_them() -> None:
    urls = ["http://A.test:8080/", "https://b.test:443", "http://c.test:80", "", "ftp://d", "x y"]
    assert origins_of(urls) == {"http://a.test:8080", "https://b.test", "http://c.test"}
