"""What the documents of one Hocuspocus connection share."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from folkmoot.servers.gateway.connections import AddressedConnection
from folkmoot.settings import Settings


def test_a_connection_is_read_when_all_of_its_documents_may_be() -> None:
    done: list[str] = []
    connection: Any = SimpleNamespace(
        pause_reading=lambda: done.append("pause"), resume_reading=lambda: done.append("resume")
    )
    server: Any = SimpleNamespace(settings=Settings())
    editor = AddressedConnection(server, connection)
    editor.read("one", False)
    editor.read("two", False)
    editor.read("one", True)
    assert done == ["pause", "pause"]
    editor.read("one", True)
    editor.dropped("two")
    assert done == ["pause", "pause", "resume"]
    editor.dropped("two")
    assert done == ["pause", "pause", "resume"]
