"""Pages of jobs, where the store has folders that are no jobs."""

from collections.abc import Iterable

from contracts.access.caller import Caller
from contracts.record import JobRecord
from notifier.jobs import Jobs
from notifier.listing import MOST_LOOKED_AT, Listing, Page

IDS = [f"01a20bbc-322f-705e-8f23-{number:012x}" for number in range(MOST_LOOKED_AT + 100)]


class Leftovers:
    """An archive of uploads that nobody ended: each has a folder, and none a record."""

    async def job_ids(self) -> list[str]:
        return IDS[::-1]

    async def find_all(self, job_ids: Iterable[str]) -> list[JobRecord]:
        return []


async def test_a_page_that_found_nothing_says_where_to_go_on() -> None:
    listing = Listing(Jobs(keep_finished=100), Leftovers())  # type: ignore[arg-type]
    found, last = await listing._collect(Page(frozenset(), 50, None), Caller(None))
    assert found == []
    assert last is not None
    rest, end = await listing._collect(Page(frozenset(), 50, last), Caller(None))
    assert (rest, end) == ([], None)
