"""Links for editors that are not ours, by y-websocket or Hocuspocus: for who runs a room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from folkmoot.client.conference import Conference


class EditorAccess(msgspec.Struct, frozen=True):
    """What an editor needs to connect.

    Shape: the token is a secret: who has it reads or writes the document. `y_websocket` takes the
    document as its room name and `("folkmoot", token)` as subprotocols; `hocuspocus` takes `name`
    and the token.
    """

    link: str
    token: str
    y_websocket: str
    hocuspocus: str
    name: str
    document: str


class EditorsApi:
    """`conference.editors`: for hosts and co-hosts.

    Errors: `OperationRejected`, and `ClientError` for queries, where the role does not suffice.
    """

    def __init__(self, conference: Conference) -> None:
        self._conference = conference

    async def make(
        self,
        document: str,
        name: str,
        *,
        write: bool = True,
        days: int = 30,
        origins: Sequence[str] = (),
        address: bool = False,
    ) -> str:
        """Makes a link to a document and returns its id.

        Shape: `origins` are sites, like `https://editor.example.org`, whose pages may use it;
        `address` allows its token in an address, where logs and histories keep it.
        """
        body = {
            "document": document,
            "name": name,
            "write": write,
            "days": days,
            "origins": list(origins),
            "address": address,
        }
        known = {row["link"] for row in await self.links()}
        await self._conference.submit("editors", "make", body)
        return next(
            str(row["link"])
            for row in await self.links()
            if row["link"] not in known and (row["document"], row["name"]) == (document, name)
        )

    async def revoke(self, link: str) -> None:
        """Ends a link; who is connected by it is cut off."""
        await self._conference.submit("editors", "revoke", {"link": link})

    async def links(self) -> list[dict[str, Any]]:
        """All links, as dicts: `link`, `document`, `name`, `write`, `expires_ms` and so on."""
        told = await self._conference.get("editor_links", {})
        rows: list[dict[str, Any]] = told["links"]
        return rows

    async def token(self, link: str) -> str:
        """The token of a link."""
        told = await self._conference.get("editor_token", {"link": link})
        return str(told["token"])

    async def access(self, link: str, url: str, slug: str) -> EditorAccess:
        """All that an editor needs; `url` is the server's address and `slug` the room's."""
        row = next(row for row in await self.links() if row["link"] == link)
        document = str(row["document"])
        socket = url.rstrip("/").replace("http", "ws", 1)
        return EditorAccess(
            link, await self.token(link), f"{socket}/yjs/{slug}", f"{socket}/hocuspocus/{slug}",
            f"{slug}/{document}", document,
        )  # fmt: skip
