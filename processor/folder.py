"""A job's folder in the store, as the processor that works on it uses it: what is known, and whose the job is."""

import asyncio
from dataclasses import dataclass

import obstore
import structlog
from obstore.exceptions import AlreadyExistsError
from obstore.store import ObjectStore

from contracts.blobs import (
    attempt_key,
    cancellation_key,
    end_key,
    record_key,
    remove_artifacts,
    remove_unfinished,
)
from contracts.claims import Claim, claimed_attempts, decode_claim
from contracts.errors import UnreadableMessageError
from contracts.events import encode
from contracts.record import JobRecord, decode_record, write_record
from processor.errors import SupersededError
from processor.patience import Patience

log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True)
class JobFolder:
    """Each call goes on until the store has done it."""

    store: ObjectStore
    job_id: str
    patience: Patience

    async def read_record(self) -> JobRecord | None:
        """How far the job came; None when no processor has begun it, or what stands there cannot be read."""
        body = await self._read(record_key(self.job_id))
        try:
            return decode_record(body) if body is not None else None
        except UnreadableMessageError as error:
            log.warning("record.unreadable", reason=str(error))
            return None

    async def write_record(self, record: JobRecord) -> None:
        """Keep a record of an attempt.

        An end is kept beside the claim first: an overtaken processor, frozen between its look and its write, may put
        its own record over it later, and then finds here what belongs there.

        Raises:
            SupersededError: a later attempt has begun; what it records stays.
        """
        await self._stop_if_overtaken(record)
        if record.state.is_terminal:
            await self._put(end_key(self.job_id, record.attempt), encode(record))
        await self.patience.until_done(lambda: write_record(self.store, record))
        try:
            await self._stop_if_overtaken(record)
        except SupersededError:
            await self._mend(record.attempt)
            raise

    async def is_cancelled(self) -> bool:
        """Whether somebody wants the job to end."""
        return await self._exists(cancellation_key(self.job_id))

    async def read_claims(self, *, most: int) -> tuple[Claim, ...]:
        """The newest claim, and those before it of the same message: the newest first, `most` of them at the most."""
        attempts = await self._attempts()
        claims: list[Claim] = []
        for attempt in reversed(attempts[-most:]):
            claim = await self._read_claim(attempt)
            if claims and claim.request != claims[0].request:
                break
            claims.append(claim)
        return tuple(claims)

    async def take(self, claim: Claim) -> bool:
        """Begin an attempt; False when it is somebody else's already."""
        key = attempt_key(self.job_id, claim.attempt)
        try:
            await self.patience.until_done(lambda: obstore.put_async(self.store, key, encode(claim), mode="create"))
        except AlreadyExistsError:
            # The store may have made it at a try of which it did not tell us.
            return await self._read_claim(claim.attempt) == claim
        return True

    async def release(self, claim: Claim) -> None:
        """Say that the attempt has stopped without an outcome, so that another may go on at once."""
        released = claim.model_copy(update={"is_released": True})
        await self._put(attempt_key(self.job_id, claim.attempt), encode(released))

    async def remove_half_done(self, record: JobRecord) -> None:
        """Remove what stages saved that did not end well.

        Raises:
            SupersededError: a later attempt has begun; what it saved stays.
        """
        await self._stop_if_overtaken(record)
        kept = {artifact.name for artifact in record.artifacts}
        await self.patience.until_done(lambda: remove_artifacts(self.store, self.job_id, but=kept))

    async def remove_unfinished(self) -> None:
        """Remove what killed stages have not written to its end. Only for who has just not been overtaken."""

        async def remove() -> None:
            await asyncio.to_thread(remove_unfinished, self.store, self.job_id)

        await self.patience.until_done(remove)

    async def _stop_if_overtaken(self, record: JobRecord) -> None:
        if await self._exists(attempt_key(self.job_id, record.attempt + 1)):
            raise SupersededError(f"attempt {record.attempt} was overtaken by a later one")

    async def _mend(self, attempt: int) -> None:
        """Put back how the newest attempt ended. One that has not ended writes the record again itself."""
        while (newest := (await self._attempts())[-1]) > attempt:
            if (end := await self._read(end_key(self.job_id, newest))) is not None:
                log.warning("record.mended", attempt=newest)
                await self._put(record_key(self.job_id), end)
            attempt = newest

    async def _attempts(self) -> list[int]:
        return await self.patience.until_done(lambda: claimed_attempts(self.store, self.job_id))

    async def _put(self, key: str, body: bytes) -> None:
        await self.patience.until_done(lambda: obstore.put_async(self.store, key, body))

    async def _read_claim(self, attempt: int) -> Claim:
        body = await self._read(attempt_key(self.job_id, attempt))
        try:
            return decode_claim(body or b"")
        except UnreadableMessageError as error:
            log.warning("claim.unreadable", attempt=attempt, reason=str(error))
            return Claim(attempt=attempt, request=attempt, holder="unknown", token="")

    async def _read(self, key: str) -> bytes | None:
        async def read() -> bytes:
            answer = await obstore.get_async(self.store, key)
            return bytes(await answer.bytes_async())

        try:
            return await self.patience.until_done(read)
        except FileNotFoundError:
            return None

    async def _exists(self, key: str) -> bool:
        try:
            await self.patience.until_done(lambda: obstore.head_async(self.store, key))
        except FileNotFoundError:
            return False
        return True
