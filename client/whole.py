"""A file in one request: lost, it is sent again from its beginning, under the same `Idempotency-Key`."""

import os
from dataclasses import dataclass
from urllib.parse import quote

import httpx

from client.answers import judge
from client.errors import RefusedError
from client.upload import Progress, Source, Upload
from contracts.job import Job

# The answer comes when the last byte is stored and the broker has the job; a big file takes its time.
TIMEOUT = httpx.Timeout(10, read=300, write=60)
NO_GATEWAY = frozenset({404, 405})  # it knows no such path: a notifier, say


@dataclass(frozen=True)
class Whole:
    """`PUT /upload/<name>`."""

    http: httpx.AsyncClient
    url: str
    upload: Upload
    source: Source
    sent: Progress
    acknowledged: int = -1  # of a part of it nothing is ever known

    async def send(self) -> Job:
        """One try; raises what `judge` raises, and httpx.TransportError."""
        answer = await self.http.put(
            f"{self.url}/upload/{quote(os.fsencode(self.upload.path.name), safe='')}",
            params={"pipeline": self.upload.pipeline} if self.upload.pipeline else None,
            content=self.source.blocks(self.sent),
            headers={"Idempotency-Key": self.upload.key, "Content-Length": str(self.source.size)},
            timeout=TIMEOUT,
        )
        if answer.status_code in NO_GATEWAY:
            raise RefusedError(f"{self.url} takes no files: say where the gateway is", status=answer.status_code)
        judge(answer)
        return Job.model_validate(answer.json()["jobs"][0])
