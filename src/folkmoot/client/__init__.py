"""The Python client: joins a conference and stays in it, whatever server dies.

from folkmoot.client import connect

async with connect("http://127.0.0.1:8080", room=slug, name="Ada") as conference:
    receipt = await conference.chat.post("hello")
"""

from __future__ import annotations

from folkmoot.client.board import Board
from folkmoot.client.conference import Conference, connect
from folkmoot.client.documents import DocumentRejected, SharedDocument
from folkmoot.client.errors import (
    ClientError,
    ConferenceEnded,
    JoinRefused,
    OperationRejected,
    UploadRefused,
)
from folkmoot.client.receipt import Receipt
from folkmoot.client.state import ConferenceView, Event

__all__ = [
    "Board",
    "ClientError",
    "Conference",
    "ConferenceEnded",
    "ConferenceView",
    "DocumentRejected",
    "Event",
    "JoinRefused",
    "OperationRejected",
    "Receipt",
    "SharedDocument",
    "UploadRefused",
    "connect",
]
