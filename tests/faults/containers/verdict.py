"""Whether a client was told the whole story: judged by the log of the broker, which no notifier has written."""

from collections import defaultdict
from collections.abc import Iterable

from contracts.events import Event
from tests.faults.containers.audience import Client
from tests.integration.conftest import ENDS

Place = tuple[int, int]  # attempt and sequence


def check_log(log: list[Event], jobs: set[str]) -> None:
    """Every job has completed, once; and no two events have the same place in it."""
    ends = {(event.subject, event.id): event.type for event in log if event.type in ENDS}
    assert sorted(job_id for job_id, _ in ends) == sorted(jobs), "not one end for each job"
    assert set(ends.values()) == {"job.completed"}
    places: dict[tuple[str, Place], set[str]] = defaultdict(set)
    for event in log:
        places[event.subject, place(event)].add(event.id)
    assert [where for where, ids in places.items() if len(ids) > 1] == []


def check_client(client: Client, told: list[Event], log: list[Event], jobs: set[str]) -> None:
    """All that the log has, nothing else, in the order in which each sender said it; never set back by a snapshot."""
    assert client.story.reasons == ["new"]
    assert client.story.missed(log) == []
    known = {event.id: event for event in log}
    told = [event for event in told if event.subject in jobs]
    assert [event for event in told if known.get(event.id) != event] == []
    for said, places in first_told(told).items():
        assert places == sorted(places), said
    assert {client.story.jobs[job_id].state.value for job_id in jobs} == {"completed"}


def first_told(told: Iterable[Event]) -> dict[tuple[str, str], list[Place]]:
    """The places of what each sender said of each job, in the order in which they were first told.

    What two senders say is in no order: the gateway's `job.queued` may come after the processor's first word.
    """
    places: dict[tuple[str, str], list[Place]] = defaultdict(list)
    seen: set[str] = set()
    for event in told:
        if event.id not in seen:
            seen.add(event.id)
            places[event.subject, event.source].append(place(event))
    return places


def place(event: Event) -> Place:
    return event.data.attempt, event.data.sequence
