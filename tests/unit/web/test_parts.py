"""Rates, metrics, headers, the page's files and the description of the API."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.servers.web.docs_page import page
from folkmoot.servers.web.headers import security_headers
from folkmoot.servers.web.metrics import SERIES_MAX, Metrics
from folkmoot.servers.web.pages import Pages
from folkmoot.servers.web.rates import Rates, network_of


def test_an_address_may_burst_and_then_waits_its_turn() -> None:
    rates = Rates(per_minute=60)
    assert [rates.wait_s("10.0.0.1", 0) for _ in range(60)] == [0] * 60
    assert rates.wait_s("10.0.0.1", 0) == 1
    assert rates.wait_s("10.0.0.2", 0) == 0
    assert rates.wait_s("10.0.0.1", 1_000) == 0
    assert rates.wait_s("10.0.0.1", 1_000) == 1


def test_in_a_minute_an_address_gets_its_rate_and_a_burst_at_most() -> None:
    rates = Rates(per_minute=60)
    allowed = sum(rates.wait_s("10.0.0.1", ms) == 0 for ms in range(0, 60_000, 100))
    assert 100 <= allowed <= 120


def test_a_clock_that_jumps_back_gives_nothing_away() -> None:
    rates = Rates(per_minute=1)
    assert rates.wait_s("10.0.0.1", 60_000) == 0
    assert rates.wait_s("10.0.0.1", 0) > 0


def test_the_table_of_addresses_is_bounded() -> None:
    rates = Rates(per_minute=60, addresses_max=10)
    for number in range(100):
        rates.wait_s(f"10.0.0.{number}", 0)
    assert len(rates._buckets) == 10


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("", "unknown"),
        ("no address", "unknown"),
    ],
)
def test_one_customer_shares_one_bucket(address: str, network: str) -> None:
    assert network_of(address) == network


def test_metrics_are_prometheus_text() -> None:
    metrics = Metrics()
    metrics.request("join", 200, 0.002)
    metrics.request("join", 200, 9.0)
    text = metrics.text({"engine_connected": ("1 while connected.", 1.0)})
    assert 'folkmoot_http_requests_total{route="join",status="200"} 2' in text
    assert 'folkmoot_http_request_duration_seconds_bucket{le="0.005"} 1' in text
    assert 'folkmoot_http_request_duration_seconds_bucket{le="+Inf"} 2' in text
    assert "folkmoot_http_request_duration_seconds_count 2" in text
    assert "folkmoot_engine_connected 1\n" in text
    assert text.endswith("\n")


def test_the_number_of_series_is_bounded() -> None:
    metrics = Metrics()
    for number in range(2 * SERIES_MAX):
        metrics.request(f"route{number}", 200, 0.0)
    assert metrics.text({}).count("folkmoot_http_requests_total{") <= SERIES_MAX + 1


def csp_for(host: str) -> str:
    return dict(security_headers(host))[b"content-security-policy"].decode()


def test_the_policy_names_only_the_own_host() -> None:
    policy = csp_for("example.org:8080")
    assert "connect-src 'self' ws://example.org:8080 wss://example.org:8080 data:;" in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "'unsafe-eval'" not in policy


def test_the_policy_names_the_nodes_of_the_zone() -> None:
    origins = frozenset(("http://10.0.0.2:8080", "https://b.test"))
    policy = dict(security_headers("a", origins))[b"content-security-policy"].decode()
    assert "ws://a wss://a http://10.0.0.2:8080 ws://10.0.0.2:8080 https://b.test wss://b.test data:;" in policy


@pytest.mark.parametrize("host", ["a; script-src *", "a b", "", "a\r\nx: y"])
def test_an_odd_host_never_gets_into_the_policy(host: str) -> None:
    policy = csp_for(host)
    assert "ws://" not in policy
    assert "script-src *" not in policy


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "web_dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Folkmoot</title>")
    (folder / "assets" / "index-Ab12_-9z.js").write_text("x = 1;" * 1_000)
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / ".hidden.txt").write_text("no")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    return folder


def test_the_page_answers_for_itself_and_for_rooms(built: Path) -> None:
    pages = Pages(built)
    for path in ("/", "/index.html", "/r/abcdefgh", "/r/abcdefgh/"):
        answer = pages.answer(path, "", "")
        assert answer.status == 200
        assert b"Folkmoot" in answer.body
        assert dict(answer.headers)[b"cache-control"] == b"no-cache"


def test_files_with_a_hash_are_kept_for_ever_and_compressed(built: Path) -> None:
    answer = Pages(built).answer("/assets/index-Ab12_-9z.js", "gzip, br", "")
    headers = dict(answer.headers)
    assert headers[b"cache-control"] == b"public, max-age=31536000, immutable"
    assert headers[b"content-encoding"] == b"gzip"
    assert gzip.decompress(answer.body) == b"x = 1;" * 1_000
    assert headers[b"content-type"] == b"text/javascript; charset=utf-8"


def test_fonts_below_a_version_are_kept_for_ever_and_not_in_memory(built: Path) -> None:
    fonts = built / "assets" / "excalidraw-0.18.1" / "fonts" / "Nunito"
    fonts.mkdir(parents=True)
    (fonts / "Nunito.woff2").write_bytes(b"font" * 1_000)
    pages = Pages(built)
    answer = pages.answer("/assets/excalidraw-0.18.1/fonts/Nunito/Nunito.woff2", "gzip", "")
    headers = dict(answer.headers)
    assert headers[b"cache-control"] == b"public, max-age=31536000, immutable"
    assert headers[b"content-type"] == b"font/woff2"
    assert answer.body == b"font" * 1_000
    assert not pages._compressed


def test_a_file_that_is_known_is_not_sent_again(built: Path) -> None:
    pages = Pages(built)
    etag = dict(pages.answer("/favicon.svg", "", "").headers)[b"etag"].decode()
    answer = pages.answer("/favicon.svg", "", etag)
    assert (answer.status, answer.body) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt", "/assets/../../secret.txt", "//etc/passwd", "/link.txt", "/.hidden.txt",
        "/assets", "/assets/", "/r/a/../../secret.txt", "/r/", "/r/a/b", "/\x00", "/secret.txt",
        "/index.html/", "", "/assets/%2e%2e/index.html",
    ],
)  # fmt: skip
def test_no_address_leads_out_of_the_folder(built: Path, path: str) -> None:
    assert Pages(built).answer(path, "", "").status == 404


@given(st.text(max_size=40))
def test_any_other_address_is_answered_with_not_found(path: str) -> None:
    assert Pages(Path("/nonexistent")).answer("/x/" + path, "", "").status == 404


def test_a_page_that_is_not_built_is_told_in_a_sentence(tmp_path: Path) -> None:
    answer = Pages(tmp_path / "none").answer("/", "", "")
    assert answer.status == 503
    assert b"Run `make up`" in answer.body


def test_a_new_build_is_seen_without_a_restart(built: Path) -> None:
    pages = Pages(built)
    assert pages.answer("/assets/new-12345678.js", "", "").status == 404
    (built / "assets" / "new-12345678.js").write_text("y")
    index = built / "index.html"
    index.write_text("<title>newer</title>")
    os.utime(index, ns=(1, 1))
    assert pages.answer("/assets/new-12345678.js", "", "").status == 200


def test_a_file_that_vanished_is_told(built: Path) -> None:
    pages = Pages(built)
    pages.answer("/", "", "")
    (built / "favicon.svg").unlink()
    assert b"Reload" in pages.answer("/favicon.svg", "", "").body


def test_the_description_escapes_what_it_shows() -> None:
    answer = {"description": "<d>"}
    schema = {
        "info": {"title": "<T>", "version": "1"},
        "paths": {"/<p>": {"get": {"summary": "<s>", "responses": {"200": answer}}}},
    }
    shown = page(schema)
    for tag in ("<T>", "<p>/", "<s>", "<d>"):
        assert tag not in shown
    assert "src=" not in shown
    assert "<script" not in shown
