"""The files of one request, on their way to be jobs."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from contracts.job import Job
from gateway.idempotency import Key
from gateway.tally import Content, Tally

DEFAULT_PIPELINE = "inspect"


@dataclass(frozen=True)
class Sender:
    """Who sends, and the key that makes sending again harmless."""

    owner: str | None
    key: Key | None = None
    tells_progress: bool = False  # to those who look on
    length: int | None = None  # of the file, where the request is nothing else


Store = Callable[[str, AsyncIterator[bytes]], Awaitable[Content]]


async def weigh(_: str, blocks: AsyncIterator[bytes]) -> Content:
    """Keep nothing, and say what it was."""
    tally = Tally(blocks)
    async for _block in tally:
        pass
    return await tally.content()


@dataclass
class Arrival:
    """A file whose bytes are coming, or have come."""

    job_id: str
    name: str
    content: Content | None = None


@dataclass
class Batch:
    """They become jobs together, or none does."""

    sender: Sender
    store: Store
    pipeline: str = DEFAULT_PIPELINE
    arrivals: list[Arrival] = field(default_factory=list)
    submitted: list[Job] = field(default_factory=list)
    is_kept: bool = False  # under the sender's key: from now on it is only completed, never withdrawn

    def jobs(self) -> list[Job]:
        return [self.job(each) for each in self.arrivals if each.content is not None]

    def job(self, arrival: Arrival) -> Job:
        """What a file becomes, as far as it is known."""
        content = arrival.content
        return Job(
            id=arrival.job_id,
            name=arrival.name,
            size=content.size if content else 0,
            pipeline=self.pipeline,
            owner=self.sender.owner,
            sha256=content.sha256 if content else None,
        )

    def is_same_as(self, jobs: list[Job]) -> bool:
        """Whether these jobs were made of the same names and bytes, for the same pipeline."""
        ours = self.jobs()
        return len(ours) == len(jobs) and all(map(_is_same, ours, jobs))


def _is_same(ours: Job, theirs: Job) -> bool:
    same = (ours.name, ours.size, ours.pipeline) == (theirs.name, theirs.size, theirs.pipeline)
    return same and theirs.sha256 in {None, ours.sha256}  # None: accepted before files were hashed
