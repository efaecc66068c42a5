"""A file that goes on where it broke off: tus 1.0.0 (https://tus.io/protocols/resumable-upload)."""

import base64
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from client.answers import judge, retry_after, said
from client.errors import AwayError, RefusedError
from client.upload import Place, Progress, Source, Upload
from client.whole import TIMEOUT
from contracts.job import Job
from contracts.snapshot import JobSnapshot

TUS = {"Tus-Resumable": "1.0.0"}
NOT_SPOKEN = frozenset({404, 405})  # to a creation
GONE = frozenset({404, 410})  # to all else: it was removed
# Nothing came for a while; it goes on elsewhere; what was lost on the way is still being stored.
BUSY = frozenset({408, 409, 423})


class NotSpokenError(Exception):
    """This gateway knows no resumable uploads: send the file whole."""


class GoneError(AwayError):
    """The upload is no longer there: begin anew."""


@dataclass
class Resumable:
    """One file's upload at `/files`, over as many tries as it takes. Whoever knows its URL may add to it."""

    http: httpx.AsyncClient
    url: str
    upload: Upload
    source: Source
    place: Place
    sent: Progress
    acknowledged: int = -1  # bytes that the gateway has said it has; -1: it has said nothing yet
    _key: str = field(init=False)

    def __post_init__(self) -> None:
        self._key = self.upload.key

    async def send(self) -> Job:
        """One try, which goes on where the one before was lost.

        Raises:
            NotSpokenError, RefusedError: it will not do.
            AwayError, httpx.TransportError: try again.
        """
        answer = await self._find() or await self._create()
        while (job := answer.headers.get("stagecast-job")) is None:
            answer = await self._add()
        return await self._accepted(job)

    async def _find(self) -> httpx.Response | None:
        """How far it is, if there is one."""
        if self.place.url is None:
            return None
        try:
            return await self._asked("HEAD", self.place.url)
        except GoneError:
            self.place.forget()
            self._key = str(uuid4())  # of the old one traces may be left
            return None

    async def _create(self) -> httpx.Response:
        """Begin. Where the answer is lost, the same key finds the same upload."""
        metadata = {"filename": self.upload.path.name, "pipeline": self.upload.pipeline}
        headers = {
            "Idempotency-Key": self._key,
            "Upload-Length": str(self.source.size),
            "Upload-Metadata": ",".join(_pair(name, value) for name, value in metadata.items() if value),
        }
        try:
            answer = await self._asked("POST", f"{self.url}/files", headers=headers)
        except RefusedError as error:
            if error.status in NOT_SPOKEN:
                raise NotSpokenError from error
            raise
        except GoneError as error:
            raise NotSpokenError from error
        # Its id alone: what stands in front of the gateway may have a path of its own, and tokens go nowhere else.
        self.place.keep(f"{self.url}/files/{answer.headers['location'].rsplit('/', 1)[-1]}")
        return answer

    async def _add(self) -> httpx.Response:
        """Send all that is missing."""
        before = self.acknowledged
        headers = {
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(self.source.size - self.acknowledged),
            "Upload-Offset": str(self.acknowledged),
        }
        blocks = self.source.blocks(self.sent, start=self.acknowledged)
        answer = await self._asked("PATCH", self.place.url or "", headers=headers, content=blocks)
        if self.acknowledged <= before and "stagecast-job" not in answer.headers:
            raise AwayError("the gateway took nothing of what was sent")
        return answer

    async def _asked(
        self, method: str, url: str, *, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        answer = await self.http.request(method, url, headers={**TUS, **(headers or {})}, timeout=TIMEOUT, **more)
        if answer.status_code in GONE:
            raise GoneError("the upload is no longer there; it is begun anew")
        if answer.status_code in BUSY:
            raise AwayError(said(answer), retry_after=retry_after(answer))
        judge(answer)
        if "upload-offset" not in answer.headers:  # as where something answers every path with a page
            raise NotSpokenError if method == "POST" else AwayError(f"what answers at {self.url} is no gateway")
        self.acknowledged = int(answer.headers["upload-offset"])
        return answer

    async def _accepted(self, path: str) -> Job:
        """The job that it became; a record that is gone is not asked for again."""
        answer = await self.http.get(f"{self.url}{path}")
        if answer.status_code in GONE:
            self.place.forget()
        judge(answer)
        self.sent(self.source.size)
        self.place.forget()
        return JobSnapshot.model_validate(answer.json()).job


def _pair(name: str, value: str) -> str:
    return f"{name} {base64.b64encode(value.encode(errors='replace')).decode()}"
