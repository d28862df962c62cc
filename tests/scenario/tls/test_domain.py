"""`--domain`: Caddy in front, with an authority of its own, for this machine's own name."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

import httpx
import pytest

from folkmoot.client import connect
from folkmoot.testing.engine_process import free_ports
from folkmoot.testing.operator import command
from folkmoot.testing.zone import running_zone

WAIT_S = 30.0


async def authority(data: Path) -> ssl.SSLContext:
    """Trusts the authority that Caddy made, once it has."""
    root = data / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    async with asyncio.timeout(WAIT_S):
        while not root.exists() or b"END CERTIFICATE" not in root.read_bytes():
            await asyncio.sleep(0.05)
    return ssl.create_default_context(cafile=str(root))


async def test_a_meeting_by_the_proxy_goes_on_whatever_is_killed(tmp_path: Path) -> None:
    https, http_port = free_ports(2)
    options = ("--domain", "localhost", "--https-port", str(https), "--http-port", str(http_port))
    data = tmp_path / "data"
    async with running_zone(data, *options) as zone:
        trust = await authority(data)
        zone.url, zone.trust = f"https://localhost:{https}", trust
        room = await zone.create_room()
        assert room["links"]["participant"].startswith(f"{zone.url}/r/")
        slug = room["slug"]
        async with (
            connect(zone.url, room=slug, name="Ada", tls=trust) as ada,
            connect(zone.url, room=slug, name="Ben", tls=trust) as ben,
            httpx.AsyncClient(verify=trust, trust_env=False) as http,
        ):
            for victim in ("front-1", "front-2", "collaboration-1", "collaboration-2", "proxy-1"):
                pid = await zone.kill(victim)
                async with asyncio.timeout(WAIT_S):
                    await asyncio.gather(
                        ada.chat.post(f"a without {victim}"), ben.chat.post(f"b without {victim}")
                    )
                await zone.wait_replaced(victim, pid)
                if victim == "front-2":
                    assert (ada.reconnections, ben.reconnections) == (0, 0)
            site = await http.get(f"{zone.url}/api/v1/site", headers={"x-forwarded-proto": "http"})
            assert site.json() == {"insecure": False}
            sent = await http.get(f"http://localhost:{http_port}/r/x")
            assert (sent.status_code, sent.headers["location"][:8]) == (308, "https://")
        code, told = await command("status", "--json", "--data", str(data))
        assert code == 0
        assert '"encryption": "domain"' in told


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--domain", "not a name"), "no name for --domain"),
        (("--domain", "127.0.0.1"), "no name for --domain"),
        (("--domain", "localhost", "--insecure"), "give one of them"),
        (("--domain", "localhost", "--https-port", "0"), "a number from 1 to 65535"),
        (("--domain", "localhost", "--host", "0.0.0.0"), "leave --host at 127.0.0.1"),
        (("--tls-cert", "x"), "belong together"),
        (("--tls-cert", "/nowhere", "--tls-key", "/nowhere"), "/nowhere cannot be read"),
    ],
)
async def test_every_mistake_is_one_sentence(
    tmp_path: Path, options: tuple[str, ...], sentence: str
) -> None:
    code, told = await command("up", "--data", str(tmp_path / "data"), "--port", "0", *options)
    assert code == 2, told
    assert sentence in told
    assert len(told.strip().splitlines()) == 1


async def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        options = ("--domain", "localhost", "--https-port", str(port), "--http-port", "0")
        code, told = await command("up", "--data", str(tmp_path / "data"), "--port", "0", *options)
    assert code == 2
    assert f"Port {port}, which --domain needs, is in use by another program" in told
    assert "--https-port" in told
