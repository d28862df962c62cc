"""Snapshots: what is kept, and what is refused."""

from __future__ import annotations

import hashlib
import zlib

import msgspec
import pytest

from folkmoot.apps import all_applications
from folkmoot.conference import snapshot as snapshot_module
from folkmoot.conference.batch import AwayEntry
from folkmoot.conference.machine import canonical, new_state
from folkmoot.conference.replica import Replica
from folkmoot.conference.snapshot import (
    SnapshotInvalid,
    decode_snapshot,
    encode_snapshot,
    pack_state,
)
from folkmoot.conference.state import LEVEL, ConferenceState
from folkmoot.testing.batches import LogWriter, join, operation


@pytest.fixture
def state() -> ConferenceState:
    log = LogWriter()
    log.add(join(), join("s2", "bob"))
    log.add(operation(1), operation(2, body={"text": ""}), AwayEntry("s2", 1))
    log.add(operation(3, "documents", "create", {"document": "d", "kind": "text", "title": "D"}))
    update = {"document": "pad", "from": 0, "to": 2, "update": b"\1\2"}
    log.add(operation(4, "documents", "update", update))
    log.add(operation(1, "roster", "leave", {}, session="s2"))
    replica = Replica("room", "e1", all_applications())
    replica.receive_page(log.messages)
    return replica.state


def sealed(body: bytes, magic: bytes = b"FMS\x01") -> bytes:
    return magic + hashlib.sha256(body).digest() + body


def test_a_snapshot_gives_the_same_state(state: ConferenceState) -> None:
    again = decode_snapshot(encode_snapshot(state), all_applications())
    assert again == state
    assert canonical(again) == canonical(state)
    assert list(again.sessions) == list(state.sessions)


def test_packing_takes_the_state_as_it_is_now(state: ConferenceState) -> None:
    packed = pack_state(state)
    state.persons["ada"].name = "changed after"
    state.apps["chat"].messages.clear()
    again = decode_snapshot(snapshot_module.seal_snapshot(packed), all_applications())
    assert again.persons["ada"].name == "Ada"
    assert len(again.apps["chat"].messages) == 1


@pytest.mark.parametrize("at", [0, 3, 4, 20, 36, 60, -1])
def test_a_flipped_bit_anywhere_is_noticed(state: ConferenceState, at: int) -> None:
    data = bytearray(encode_snapshot(state))
    data[at] ^= 1
    with pytest.raises(SnapshotInvalid, match="checksum or format"):
        decode_snapshot(bytes(data), all_applications())


@pytest.mark.parametrize("kept", [0, 3, 36, 60])
def test_a_truncated_snapshot_is_refused(state: ConferenceState, kept: int) -> None:
    with pytest.raises(SnapshotInvalid):
        decode_snapshot(encode_snapshot(state)[:kept], all_applications())


def test_a_newer_format_is_refused(state: ConferenceState) -> None:
    newer = sealed(zlib.compress(pack_state(state)), b"FMS\x02")
    with pytest.raises(SnapshotInvalid, match="format"):
        decode_snapshot(newer, all_applications())


def test_a_bomb_is_refused_before_it_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot_module, "STATE_BYTES_MAX", 1 << 20)
    bomb = sealed(zlib.compress(b"\0" * (8 << 20)))
    assert len(bomb) < 20_000
    with pytest.raises(SnapshotInvalid, match="larger"):
        decode_snapshot(bomb, all_applications())


@pytest.mark.parametrize("plain", [b"", b"\xc1", msgspec.msgpack.encode([1, 2])])
def test_well_sealed_nonsense_is_refused(plain: bytes) -> None:
    with pytest.raises(SnapshotInvalid, match="cannot be read"):
        decode_snapshot(sealed(zlib.compress(plain)), all_applications())
    with pytest.raises(SnapshotInvalid, match="cannot be read"):
        decode_snapshot(sealed(b"not deflated"), all_applications())


def test_an_application_that_this_server_does_not_know_is_refused(state: ConferenceState) -> None:
    data = encode_snapshot(state)
    known = {name: app for name, app in all_applications().items() if name != "chat"}
    with pytest.raises(SnapshotInvalid):
        decode_snapshot(data, known)


def test_an_application_of_the_snapshots_level_that_it_does_not_hold_begins_empty() -> None:
    early = new_state("room", "e1", LEVEL)
    loaded = decode_snapshot(encode_snapshot(early), all_applications())
    replica = Replica("room", "e1", all_applications(), loaded)
    assert set(replica.state.apps) == set(all_applications())
