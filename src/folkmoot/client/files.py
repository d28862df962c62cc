"""Files of the Python client: sharing, reading and removing them, whatever server dies."""

from __future__ import annotations

import asyncio
import base64
import io
import random
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any, Final, Protocol

import httpx

from folkmoot.client.errors import ClientError, UploadRefused
from folkmoot.client.receipt import Receipt

CHUNK_BYTES: Final = 4 << 20
"""Of one request; what was sent of one that is cut off is mostly kept."""

REQUEST_TIMEOUT_S: Final = 30.0
OUTCOME_WAIT_S: Final = 10
PATIENCE_S: Final = 90.0
"""So long an upload may get nowhere before it is given up."""

EXAMINED_WITHIN_S: Final = 600.0
"""So long a file that has come whole may be examined: others may be before it, and the store may
be without a leader."""

AGAIN_S: Final = (0.1, 2.0)
OFFSET_TYPE: Final = "application/offset+octet-stream"
_AGAIN: Final = (408, 409, 425, 429, 500, 502, 503, 504)


class Conversation(Protocol):
    """What is needed of a conference."""

    def submit(self, app: str, type_: str, body: object) -> Awaitable[Receipt]: ...

    def get(self, query: str, arguments: object) -> Awaitable[Any]: ...


class FilesApi:
    """What a participant can do with files.

    Shape: `data` is bytes, a path, or a binary file that can be sought in.
    Errors: `UploadRefused`, `ClientError`, `ConferenceEnded`; `ConnectionError` when no server
    answers for 90 s, or an upload that has come whole is examined for ten minutes.
    """

    def __init__(
        self,
        conference: Conversation,
        bases: Callable[[], Sequence[str]],
        encryption: ssl.SSLContext | None,
        heard: Callable[[], int],
    ) -> None:
        self._conference = conference
        self._bases = bases
        self._encryption = encryption
        self._heard = heard

    async def upload(
        self,
        data: bytes | Path | IO[bytes],
        name: str,
        *,
        purpose: str = "file",
        on_progress: Callable[[int, int], None] | None = None,
    ) -> str:
        """Shares a file and returns its id once it was examined and is in the log.

        Shape: `purpose` is `file`, `image` (for notes and boards) or `deck` (for slides);
        `on_progress` hears how many bytes of how many are stored. Who is cancelled leaves nothing.
        """
        with _opened(data) as file:
            size = file.seek(0, io.SEEK_END)
            async with self._http() as http:
                upload = _Upload(
                    self._conference, _Servers(http, self._bases), file, size, name, purpose,
                    on_progress,
                )  # fmt: skip
                return await upload.run()

    async def fetch(self, file: str, *, preview: bool = False) -> bytes:
        """The bytes of a file, or of the small picture that stands for it."""
        held = io.BytesIO()
        await self.save(file, held, preview=preview)
        return held.getvalue()

    async def save(self, file: str, into: IO[bytes], *, preview: bool = False) -> None:
        """Writes a file's bytes, from where `into` stands on; goes on after a cut."""
        patience = _Patience()
        written, etag = 0, ""
        async with self._http() as http:
            servers = _Servers(http, self._bases)
            while True:
                told = await self._way(file, patience)
                headers = {"Authorization": f"Bearer {told['ticket']}"}
                if written:
                    headers |= {"Range": f"bytes={written}-", "If-Range": etag}
                path = servers.address(f"/api/v1/rooms/{told['room']}/files/{file}")
                params = {"preview": "true"} if preview else {}
                try:
                    async with http.stream("GET", path, params=params, headers=headers) as answer:
                        if answer.status_code not in (200, 206):
                            await answer.aread()
                            _raise_for(answer, ClientError)
                        if written and answer.status_code == 200:
                            raise ClientError("file_changed", "The file is another one now.")
                        etag = answer.headers.get("etag", "")
                        async for part in answer.aiter_bytes():
                            into.write(part)
                            written += len(part)
                            patience.gets_on()
                        return
                except (httpx.TransportError, _TryAgain) as error:
                    servers.next()
                    await patience.after(error)

    async def _way(self, file: str, patience: _Patience) -> Any:
        """A ticket. Who hears of a file from another may know more than the own server does yet:
        a file's id begins with its place in the log."""
        while True:
            try:
                return await self._conference.get("file", {"file": file})
            except ClientError as error:
                place = file.partition(".")[0]
                if not place.isdecimal() or int(place) <= self._heard():
                    raise
                await patience.after(error)

    async def read(self, path: str, ticket: str, **params: str) -> bytes:
        """What a web server has under a path for who has this ticket; asks on after a cut."""
        patience = _Patience()
        headers = {"Authorization": f"Bearer {ticket}"}
        async with self._http() as http:
            servers = _Servers(http, self._bases)
            while True:
                try:
                    answer = await http.get(servers.address(path), params=params, headers=headers)
                    if answer.status_code != 200:
                        _raise_for(answer, ClientError)
                    return answer.content
                except (httpx.TransportError, _TryAgain) as error:
                    servers.next()
                    await patience.after(error)

    async def remove(self, file: str) -> Receipt:
        """Removes a file of one's own; hosts and co-hosts remove any."""
        return await self._conference.submit("files", "remove", {"file": file})

    @asynccontextmanager
    async def _http(self) -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(
            timeout=REQUEST_TIMEOUT_S,
            trust_env=False,
            verify=self._encryption or False,
        ) as http:
            yield http


class _Servers:
    """Where web servers may be found: one after the other, when one does not answer."""

    def __init__(self, http: httpx.AsyncClient, bases: Callable[[], Sequence[str]]) -> None:
        self.http = http
        self._bases = bases
        self._failed = 0

    def address(self, path: str) -> str:
        bases = self._bases()
        return bases[self._failed % len(bases)] + path

    def next(self) -> None:
        self._failed += 1


class _TryAgain(Exception):
    """The server says that it may be otherwise in a moment."""


class _Patience:
    """Waits longer and longer, until nothing has got on for too long."""

    def __init__(self) -> None:
        self._since_s = asyncio.get_running_loop().time()
        self._wait_s = AGAIN_S[0]

    def gets_on(self) -> None:
        self._since_s = asyncio.get_running_loop().time()
        self._wait_s = AGAIN_S[0]

    async def after(self, error: Exception) -> None:
        """Errors: `ConnectionError` when it is enough."""
        if asyncio.get_running_loop().time() - self._since_s > PATIENCE_S:
            raise ConnectionError(f"No server goes on with the file: {error}") from error
        await asyncio.sleep(self._wait_s * random.uniform(0.5, 1.0))
        self._wait_s = min(self._wait_s * 2, AGAIN_S[1])


class _Upload:
    """One upload, from its beginning to its outcome."""

    def __init__(
        self,
        conference: Conversation,
        servers: _Servers,
        file: IO[bytes],
        size: int,
        name: str,
        purpose: str,
        on_progress: Callable[[int, int], None] | None,
    ) -> None:
        self._conference = conference
        self._servers = servers
        self._file = file
        self._size = size
        self._name = name
        self._purpose = purpose
        self._on_progress = on_progress or (lambda _done, _of: None)
        self._patience = _Patience()
        self._room = ""
        self._ticket = ""
        self._location = ""

    async def run(self) -> str:
        try:
            await self._persist(self._begin)
            offset = 0
            while offset < self._size:
                offset = await self._send(offset)
                self._on_progress(offset, self._size)
            return await self._outcome()
        except asyncio.CancelledError:
            await asyncio.shield(self._cancel())
            raise

    async def _begin(self) -> httpx.Response:
        metadata = f"name {_base64(self._name)},purpose {_base64(self._purpose)}"
        headers = {"Upload-Length": str(self._size), "Upload-Metadata": metadata}
        await self._need_ticket()
        answer = await self._ask("POST", f"/api/v1/rooms/{self._room}/uploads", headers)
        self._location = answer.headers["location"]
        return answer

    async def _send(self, offset: int) -> int:
        """Sends the next part and returns where it stands; asks for that after a failure."""
        self._file.seek(offset)
        part = await asyncio.to_thread(self._file.read, CHUNK_BYTES)
        headers = {"Upload-Offset": str(offset), "Content-Type": OFFSET_TYPE}
        try:
            answer = await self._ask("PATCH", self._location, headers, part)
        except (httpx.TransportError, _TryAgain) as error:
            await self._patience.after(error)
            answer = await self._persist(lambda: self._ask("HEAD", self._location))
        stands = int(answer.headers["upload-offset"])
        if stands > offset:
            self._patience.gets_on()
        return stands

    async def _outcome(self) -> str:
        path = f"{self._location}?wait={OUTCOME_WAIT_S}"
        loop = asyncio.get_running_loop()
        until_s = loop.time() + EXAMINED_WITHIN_S
        while True:
            told = (await self._persist(lambda: self._ask("GET", path))).json()
            if told["phase"] == "stored":
                return str(told["file"])
            if told["phase"] == "refused":
                raise UploadRefused(told["code"], told["message"])
            if loop.time() >= until_s:
                raise ConnectionError(
                    "All of the file has come, but no server got it examined yet."
                )
            # A server that says so is there: only the whole of it is bounded.
            self._patience.gets_on()
            await asyncio.sleep(AGAIN_S[0])

    async def _cancel(self) -> None:
        """As well as it can be done at once; what stays is swept."""
        if self._location:
            try:
                async with asyncio.timeout(2):
                    await self._ask("DELETE", self._location)
            except (httpx.TransportError, ClientError, _TryAgain, TimeoutError):
                pass

    async def _persist(self, ask: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        while True:
            try:
                return await ask()
            except (httpx.TransportError, _TryAgain) as error:
                await self._patience.after(error)

    async def _need_ticket(self) -> None:
        if not self._ticket:
            told = await self._conference.get("upload", {"purpose": self._purpose})
            self._ticket, self._room = told["ticket"], told["room"]

    async def _ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, content: bytes = b""
    ) -> httpx.Response:
        """Errors: `_TryAgain`, `UploadRefused`, those of httpx."""
        await self._need_ticket()
        told = {"Tus-Resumable": "1.0.0", "Authorization": f"Bearer {self._ticket}"}
        try:
            answer = await self._servers.http.request(
                method,
                self._servers.address(path),
                headers=told | (headers or {}),
                content=content or None,
            )
        except httpx.TransportError:
            self._servers.next()
            raise
        if answer.status_code == 403:
            # Long uploads outlive a ticket; a second one that is refused as well is an answer.
            expired, self._ticket = self._ticket, ""
            await self._need_ticket()
            if self._ticket != expired and _code(answer) in ("token_expired", ""):
                raise _TryAgain("the ticket had expired")
        if answer.is_error:
            _raise_for(answer, UploadRefused)
        return answer


def _raise_for(answer: httpx.Response, kind: type[ClientError]) -> None:
    if answer.status_code in _AGAIN:
        raise _TryAgain(f"the server answered {answer.status_code}")
    try:
        told = answer.json()
    except ValueError:
        told = {}
    message = told.get("message", f"The server answered {answer.status_code}.")
    raise kind(told.get("code", "refused"), message)


def _code(answer: httpx.Response) -> str:
    try:
        return str(answer.json().get("code", ""))
    except ValueError:
        return ""


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _opened(data: bytes | Path | IO[bytes]) -> Any:
    if isinstance(data, bytes):
        return io.BytesIO(data)
    if isinstance(data, Path):
        return data.open("rb")
    return _Lent(data)


class _Lent:
    """A file of the caller's, which stays open."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __enter__(self) -> IO[bytes]:
        return self._file

    def __exit__(self, *_: object) -> None:
        return None


# The view, advanced by events


def new_files() -> dict[str, Any]:
    return {"files": []}


def files_after(files: dict[str, Any], type_: str, body: Any) -> None:
    """Applies one event to a view of the files, in place."""
    if type_ == "stored":
        files["files"].append(body)
    elif type_ == "removed":
        files["files"] = [f for f in files["files"] if f["file"] != body["file"]]
