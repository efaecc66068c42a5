"""One Stagecast, as a client has it: the gateway to ask and send, the notifier to listen to."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx

from client import download, sending
from client.address import check_url, on_port, origin
from client.answers import judge
from client.board import Board
from client.changes import Change, Connected, Seen, Waiting
from client.download import Wanted
from client.errors import UnreachableError
from client.stream import Snapshot, Stream, broken
from client.upload import Patience, Place, Progress, Upload, ignore
from contracts.events import Artifact
from contracts.job import Job
from contracts.snapshot import JobSnapshot

TIMEOUT = httpx.Timeout(10, read=30)
NOTIFIER_PORT = 8001


@dataclass(frozen=True)
class Listed:
    """Some jobs, the newest first, and where the list goes on."""

    jobs: tuple[JobSnapshot, ...]
    following: str | None


class Stagecast:
    """Methods raise `UnreachableError` where nothing answers, `AwayError` and `RefusedError` for other answers."""

    def __init__(self, http: httpx.AsyncClient, url: str, *, events_url: str = "", notifier_port: int) -> None:
        self.http = http
        self.url = url.rstrip("/")
        self._notifier_url = events_url.rstrip("/").removesuffix("/events")
        self._notifier_port = notifier_port

    def at(self, url: str) -> "Stagecast":
        """The same client for another Stagecast.

        Raises:
            ClientError: that is no URL.
        """
        check_url(url)
        return Stagecast(self.http, url, notifier_port=self._notifier_port)

    async def notifier_url(self) -> str:
        """Where streams and lists are: where it was said, or here, or at the notifier's port of this host."""
        if not self._notifier_url:
            answer = await self.request("HEAD", f"{self.url}/events", may_fail=True)
            is_here = answer.status_code not in {httpx.codes.NOT_FOUND, httpx.codes.METHOD_NOT_ALLOWED}
            self._notifier_url = self.url if is_here else on_port(self.url, self._notifier_port)
        return self._notifier_url

    async def send(
        self, upload: Upload, *, place: Place | None = None, sent: Progress = ignore, waiting: Patience = ignore
    ) -> Job:
        """Send a file; it is stored and its job is the broker's when this returns.

        A `place` that outlives the program lets its next run go on with what this one began.
        """
        return await sending.send(self.http, self.url, upload, place=place, sent=sent, waiting=waiting)

    async def follow(
        self, *, jobs: Sequence[str] = (), mine: bool = False, patience: float = 300.0
    ) -> AsyncGenerator[Change, None]:
        """What happens to these jobs until they are over; without any, to all jobs, for ever.

        Raises:
            LostError: there was no stream for `patience` seconds.
        """
        query = (*(("job", job_id) for job_id in jobs), *((("mine", "1"),) if mine else ()))
        stream = Stream(self.http, f"{await self.notifier_url()}/events", query, patience)
        board = Board()
        async with aclosing(stream.updates()) as updates:
            async for update in updates:
                if isinstance(update, Connected | Waiting):
                    yield update
                elif (changed := board.take(update)) or isinstance(update, Snapshot):
                    yield Seen(changed)
                    if jobs and board.are_over(jobs):
                        return

    async def listed(self, *, states: Sequence[str] = (), limit: int = 50, following: str | None = None) -> Listed:
        """A page of the list of jobs."""
        path = following or f"/jobs?{urlencode([('limit', limit), *(('state', state) for state in states)])}"
        told = (await self.request("GET", f"{await self.notifier_url()}{path}")).json()
        return Listed(tuple(JobSnapshot.model_validate(job) for job in told["jobs"]), told["next"])

    async def job(self, job_id: str) -> JobSnapshot:
        """A job as it is recorded."""
        return JobSnapshot.model_validate((await self.request("GET", f"{self.url}/jobs/{job_id}")).json())

    async def cancel(self, job_id: str) -> JobSnapshot:
        """End a job; the stream tells when it has ended."""
        return JobSnapshot.model_validate((await self.request("POST", f"{self.url}/jobs/{job_id}/cancel")).json())

    async def retry(self, job_id: str) -> JobSnapshot:
        """Try a failed or cancelled job again."""
        return JobSnapshot.model_validate((await self.request("POST", f"{self.url}/jobs/{job_id}/retry")).json())

    def wanted(self, job_id: str, artifact: Artifact) -> Wanted:
        """An artifact, to be downloaded."""
        return Wanted(f"{self.url}/jobs/{job_id}/artifacts/{quote(artifact.name)}", artifact.size, artifact.sha256)

    async def download(self, wanted: Wanted, target: Path, *, progress: Callable[[int], None]) -> None:
        """Download to a file, as `client.download.to_file` does."""
        with reaching(self.url):
            await download.to_file(self.http, wanted, target, progress=progress)

    async def blocks(self, wanted: Wanted) -> AsyncGenerator[bytes, None]:
        """The bytes of an artifact."""
        with reaching(self.url):
            async with aclosing(download.blocks(self.http, wanted)) as blocks:
                async for block in blocks:
                    yield block

    async def request(self, method: str, url: str, *, may_fail: bool = False) -> httpx.Response:
        """Ask, and judge the answer unless it `may_fail`."""
        with reaching(url):
            answer = await self.http.request(method, url)
        if not may_fail:
            judge(answer)
        return answer


@asynccontextmanager
async def connect(
    url: str,
    *,
    events_url: str = "",
    notifier_port: int = NOTIFIER_PORT,
    token: str = "",
    cookies: CookieJar | None = None,
) -> AsyncIterator[Stagecast]:
    """A client for the Stagecast whose gateway is at `url`; nothing is asked yet.

    Raises:
        ClientError: a URL is none.
    """
    for each in (url, *((events_url,) if events_url else ())):
        check_url(each)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(headers=headers, cookies=cookies, timeout=TIMEOUT) as http:
        yield Stagecast(http, url, events_url=events_url, notifier_port=notifier_port)


@contextmanager
def reaching(url: str) -> Iterator[None]:
    """A lost or refused connection in our words.

    Raises:
        UnreachableError: there was one.
    """
    try:
        yield
    except httpx.TransportError as error:
        raise UnreachableError(f"nothing usable answers at {origin(url)} ({broken(error)})") from error
