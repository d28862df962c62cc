"""A second node joins by a token and meets the first one's rooms, over mutual TLS."""

from __future__ import annotations

import asyncio
import ssl
import sys
from pathlib import Path

import pytest

from folkmoot.client import connect
from folkmoot.data_folder import load_node, tls_paths
from folkmoot.engine.certificates import pin_of_certificate
from folkmoot.servers.manager.procfs import find
from folkmoot.testing.engine_process import free_ports
from folkmoot.testing.zone import running_zone

LEAN = {"collaboration_servers": 1, "front_doors": 1}


async def folkmoot(*words: str, told: str = "") -> tuple[int, str]:
    """Runs a command; returns its exit code and what it said."""
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "folkmoot.cli.main",
        *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await running.communicate(told.encode())
    return running.returncode or 0, said.decode()


async def refused_without_certificate(address: str, port: int) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        reader, writer = await asyncio.open_connection(address, port, ssl=context)
        # TLS 1.3 tells only with the first bytes that the certificate was missing.
        said = await reader.read(100)
        writer.close()
    except (ssl.SSLError, ConnectionError):
        return True
    return said == b""


async def say_on_one_and_read_on_the_other(one: str, other: str, room: str) -> None:
    async with (
        connect(one, room=room, name="Ada") as ada,
        connect(other, room=room, name="Ben") as ben,
    ):
        heard = ben.events()
        await ada.chat.post("from the first node")
        async with asyncio.timeout(20):
            async for event in heard:
                if event.app == "chat" and "from the first node" in str(event.body):
                    return


async def shown_by_engine(data: Path) -> bytes:
    """The certificate that a node's engine shows, in DER."""
    node, paths = load_node(data), tls_paths(data)
    context = ssl.create_default_context(cafile=str(paths.authority))
    context.load_cert_chain(paths.certificate, paths.key)
    _, writer = await asyncio.open_connection(node.zone_address, node.zone_port, ssl=context)
    shown: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return shown


async def renew_both(first: Path, second: Path) -> None:
    """Each gets a new certificate for its old key; the first one's engine shows it at once."""
    for data in (first, second):
        before = tls_paths(data).certificate.read_bytes()
        code, said = await folkmoot("node", "renew", "--data", str(data))
        assert code == 0, said
        after = tls_paths(data).certificate.read_bytes()
        assert after != before
        assert pin_of_certificate(after) == pin_of_certificate(before)
    own = ssl.PEM_cert_to_DER_cert(tls_paths(first).certificate.read_text())
    async with asyncio.timeout(20):
        while await shown_by_engine(first) != own:
            await asyncio.sleep(0.05)


async def test_a_second_node_joins_and_shares_the_rooms(tmp_path: Path) -> None:
    base = free_ports(1)[0]
    zone = ("--zone-address", "127.0.0.1", "--zone-port", str(base))
    async with running_zone(tmp_path / "a", *zone, settings=LEAN) as first:
        assert await refused_without_certificate("127.0.0.1", base)
        code, token = await folkmoot("token", "--data", str(tmp_path / "a"), "--ttl", "10m")
        assert code == 0, token
        (tmp_path / "token").write_text(token)
        lean = ("--collaboration-servers", "1", "--name", "second", "--join", token.strip())
        async with running_zone(tmp_path / "b", *lean) as second:
            node = load_node(tmp_path / "b")
            assert (node.joined, node.name, node.zone) == (True, "second", "local")
            assert sorted(node.engine_credentials) == ["collaboration", "service"]
            assert not tls_paths(tmp_path / "b").authority_key.exists()
            assert not any(running.id == "engine" for running in find(tmp_path / "b"))
            command = Path(f"/proc/{second.launcher.pid}/cmdline").read_bytes()
            assert token.strip().encode() not in command
            room = (await first.create_room())["slug"]
            await say_on_one_and_read_on_the_other(first.url, second.url, room)
            await renew_both(tmp_path / "a", tmp_path / "b")
            await say_on_one_and_read_on_the_other(first.url, second.url, room)
            rows = await second.status()
            assert {row["node"] for row in rows if row["role"] == "collaboration"} == {
                "second",
                load_node(tmp_path / "a").name,
            }
        code, said = await folkmoot(
            "up", "--data", str(tmp_path / "c"), "--join", "-", "--name", "third", told=token
        )
        assert (code, "used already" in said) == (2, True), said
        # A node that has joined is started like any other.
        async with running_zone(tmp_path / "b") as again:
            assert (await again.create_room())["slug"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--zone-address", "0.0.0.0"), "not an address of this machine"),
        (("--zone-address", "203.0.113.7"), "not an address of this machine"),
        (("--zone-port", "7422"), "needs --zone-address"),
        (("--role", "web,cook"), "not cook"),
        (("--role", "web,front"), "needs one elsewhere"),
        (("--advertise", "example.org"), "no address for browsers"),
        (("--join", "hello"), "no join token"),
    ],
)
async def test_what_cannot_be_is_said_in_a_sentence(
    tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    code, said = await folkmoot("up", "--data", str(tmp_path / "n"), "--port", "0", *words)
    assert code == 2, said
    assert sentence in said
    assert "Traceback" not in said
