"""Uploads with an `Idempotency-Key`: the same key gives the same jobs back (draft-ietf-httpapi-idempotency-key-header).

The key's record is kept once all bytes are stored and before the first job is sent: who comes first with a key keeps
it. From then on nothing is withdrawn: what could not be sent is sent when the request comes again.
"""

import hashlib
import re
from dataclasses import dataclass

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.exceptions import BaseError as StoreError
from obstore.store import ObjectStore

from contracts.blobs import idempotency_key, record_key
from contracts.errors import UnreadableMessageError
from contracts.events import encode
from contracts.upload import KeptUpload, decode_kept_upload
from gateway.errors import KeyReusedError, NotReadyError, UnusableKeyError

HEADER = "Idempotency-Key"
_USABLE = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True)
class Key:
    """A sender's key. All senders share one name space, since a cookie may come and go between two tries; but where
    nobody sees others' jobs, each has its own."""

    digest: str
    request: str  # what it was sent with


def read_key(header: str | None, *, request: str, owner: str | None = None) -> Key | None:
    """The key of a request, if it has one.

    Raises:
        UnusableKeyError: it is empty, too long, or no visible ASCII.
    """
    if header is None:
        return None
    value = header.strip().strip('"')
    if not _USABLE.fullmatch(value):
        raise UnusableKeyError(f"{HEADER} must be 1 to 255 visible ASCII characters, such as a random UUID")
    return Key(hashlib.sha256(f"{owner} {value}".encode() if owner else value.encode()).hexdigest(), request)


class KeptUploads:
    """The records of keys. Methods raise `NotReadyError` when the store does not let us."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def find(self, key: Key) -> KeptUpload | None:
        """What a key stands for already.

        Raises:
            KeyReusedError: for another request.
        """
        try:
            answer = await obstore.get_async(self._store, idempotency_key(key.digest))
            kept = decode_kept_upload(bytes(await answer.bytes_async()))
        except (FileNotFoundError, UnreadableMessageError):
            return None
        except (StoreError, OSError) as error:
            raise _unavailable() from error
        if kept.request != key.request:
            raise KeyReusedError(f"this {HEADER} was used for {kept.request!r}: use a new one for another request")
        return kept

    async def keep(self, key: Key, jobs: tuple[str, ...]) -> bool:
        """Let a key stand for these jobs; False when it stands for others."""
        body = encode(KeptUpload(request=key.request, jobs=jobs))
        try:
            await obstore.put_async(self._store, idempotency_key(key.digest), body, mode="create")
        except AlreadyExistsError:
            # The store may have made it at a try of which it did not tell us.
            kept = await self.find(key)
            return kept is not None and kept.jobs == jobs
        except (StoreError, OSError) as error:
            raise _unavailable() from error
        return True

    async def has_begun(self, job_id: str) -> bool:
        """Whether a processor has taken a job, or a command changed it."""
        try:
            await obstore.head_async(self._store, record_key(job_id))
        except FileNotFoundError:
            return False
        except (StoreError, OSError) as error:
            raise _unavailable() from error
        return True

    async def forget(self, key: Key) -> None:
        """Its jobs are gone."""
        try:
            await obstore.delete_async(self._store, idempotency_key(key.digest))
        except FileNotFoundError:
            return
        except (StoreError, OSError) as error:
            raise _unavailable() from error


def _unavailable() -> NotReadyError:
    return NotReadyError("the blob store does not answer at the moment; try again shortly")
