"""What the store knows of resumable uploads, beside their bytes.

    uploads/<id>/upload.json    what it is to be
    uploads/<id>/length         how long, where that was said later
    uploads/<id>/joined         which final upload a partial one is a part of
    uploads/<id>/finished       it became its job

Each is made once: who comes first has made it.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.exceptions import BaseError as StoreError
from obstore.store import ObjectStore
from uuid_utils import uuid4

from contracts.blobs import UPLOADS_FOLDER, resumable_folder
from contracts.errors import UnreadableMessageError
from contracts.events import encode
from gateway.blobs import refusal_of
from gateway.errors import NotFoundError
from gateway.tus.upload import ResumableUpload, decode_resumable_upload

MARKS = "parts"


@dataclass
class Trace:
    """What a listing shows of an upload."""

    id: str
    changed_at: datetime
    names: set[str] = field(default_factory=set)


class Ledger:
    """Methods raise `NotReadyError` or `StoreFullError` when the store does not let us."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def create(self, upload: ResumableUpload) -> ResumableUpload:
        """Keep an upload's record; gives the one that stands there, if there is one already."""
        if await self._make(upload.id, "upload.json", encode(upload)):
            return upload
        return await self.find(upload.id)

    async def find(self, upload_id: str) -> ResumableUpload:
        """Raises NotFoundError: there is none, or no longer."""
        try:
            body = await self._read(upload_id, "upload.json")
            if body is not None:
                return decode_resumable_upload(body)
        except (ValueError, UnreadableMessageError) as error:
            raise unknown() from error
        raise unknown()

    async def length(self, upload: ResumableUpload) -> int | None:
        """How long an upload will be, if anybody has said so."""
        if upload.length is not None:
            return upload.length
        body = await self._read(upload.id, "length")
        return None if body is None else int(body)

    async def declare_length(self, upload: ResumableUpload, length: int) -> int:
        """Say how long it will be; gives what was said first."""
        await self._make(upload.id, "length", str(length).encode())
        return await self.length(upload) or 0

    async def join(self, upload_id: str, final_id: str) -> bool:
        """Make a partial upload a part of a final one; False when it is one of another."""
        if await self._make(upload_id, "joined", final_id.encode()):
            return True
        return await self._read(upload_id, "joined") == final_id.encode()

    async def finish(self, upload_id: str) -> None:
        """Note that it became its job, and remove its bytes."""
        await self._make(upload_id, "finished", b"")
        await self._sweep_out(upload_id, but={"upload.json", "length", "finished", MARKS})

    async def is_finished(self, upload_id: str) -> bool:
        return await self._read(upload_id, "finished") is not None

    async def traces(self) -> list[Trace]:
        """All uploads of which anything stands there."""
        return list((await self._traces_in(UPLOADS_FOLDER)).values())

    async def trace(self, upload_id: str) -> Trace | None:
        """Of one of them, if anything stands there."""
        return (await self._traces_in(resumable_folder(upload_id))).get(upload_id)

    async def _traces_in(self, prefix: str) -> dict[str, Trace]:
        found: dict[str, Trace] = {}
        async for batch in obstore.list(self._store, prefix):
            for blob in batch:
                _, upload_id, *rest = blob["path"].split("/")
                if rest:
                    trace = found.setdefault(upload_id, Trace(upload_id, blob["last_modified"]))
                    trace.changed_at = max(trace.changed_at, blob["last_modified"])
                    trace.names.add(rest[0])
        return found

    async def now(self) -> datetime:
        """The time as the store has it: what stands there is as old as it says, whatever our clock shows."""
        clock = f"{UPLOADS_FOLDER}/clock-{uuid4().hex}"
        await obstore.put_async(self._store, clock, b"")
        now = (await obstore.head_async(self._store, clock))["last_modified"]
        await self._delete(clock)
        return now

    async def remove(self, upload_id: str) -> None:
        """Remove the record first: from then on nobody finds the upload.

        Marks of parts stay for a while: they keep a request that is still on its way from making its own.
        """
        try:
            await self._delete(f"{resumable_folder(upload_id)}/upload.json")
        except (StoreError, OSError) as error:
            raise refusal_of(error) from error
        await self._sweep_out(upload_id, but={MARKS})

    async def purge(self, upload_id: str) -> None:
        """Remove all that was left of an upload."""
        await self._sweep_out(upload_id, but=())

    async def _sweep_out(self, upload_id: str, *, but: Collection[str]) -> None:
        folder = resumable_folder(upload_id)
        try:
            async for batch in obstore.list(self._store, folder):
                for blob in batch:
                    if blob["path"].removeprefix(f"{folder}/").split("/")[0] not in but:
                        await self._delete(blob["path"])
        except (StoreError, OSError) as error:
            raise refusal_of(error) from error

    async def _delete(self, key: str) -> None:
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return

    async def _make(self, upload_id: str, name: str, body: bytes) -> bool:
        try:
            await obstore.put_async(self._store, f"{resumable_folder(upload_id)}/{name}", body, mode="create")
        except AlreadyExistsError:
            return False
        except (StoreError, OSError) as error:
            raise refusal_of(error) from error
        return True

    async def _read(self, upload_id: str, name: str) -> bytes | None:
        try:
            answer = await obstore.get_async(self._store, f"{resumable_folder(upload_id)}/{name}")
            return bytes(await answer.bytes_async())
        except FileNotFoundError:
            return None
        except (StoreError, OSError) as error:
            raise refusal_of(error) from error


def unknown() -> NotFoundError:
    """There is no such upload, or none that the caller may know of."""
    return NotFoundError("there is no such upload here, or no longer: begin anew")
