"""Jobs followed and shown until they are over."""

from collections.abc import Sequence
from contextlib import aclosing

from cli.show import Show
from client import Seen, Stagecast
from contracts.snapshot import JobSnapshot


async def follow_shown(
    stagecast: Stagecast, show: Show, *, jobs: Sequence[str] = (), mine: bool = False
) -> list[JobSnapshot]:
    """Show what happens to these jobs; gives them as they ended. Without any, shows all, for ever."""
    known: dict[str, JobSnapshot] = {}
    async with aclosing(stagecast.follow(jobs=jobs, mine=mine)) as changes:
        async for change in changes:
            if isinstance(change, Seen):
                known |= {job.job.id: job for job in change.jobs if job.job.id in jobs}
                show.seen(change.jobs)
            else:
                show.connection(change)
    return list(known.values())
