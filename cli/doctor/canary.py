"""What was heard of a tiny job that was sent through the whole path, and what that says; pure."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from cli.amounts import span_said
from cli.doctor.clocks import Reading
from cli.doctor.finding import Finding, good, note, wrong
from cli.output import shown
from contracts.events import Event, JobCancelled, JobCompleted, JobFailed, JobQueued, JobStarted, StageCompleted

CHECK = "canary"
ENDS = (JobCompleted, JobFailed, JobCancelled)
SLOW_START = 5.0  # seconds between being queued and being begun


@dataclass(frozen=True)
class Hop:
    """Something that was reached, in seconds since the upload began, by our clock."""

    name: str
    at: float


@dataclass(frozen=True)
class Heard:
    """An event, and when it came, as a `Hop`'s time and as an instant."""

    event: Event
    at: float
    came: datetime


@dataclass
class Canary:
    """A reading."""

    pipeline: str
    seconds: float  # how long it was waited for
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))
    job_id: str | None = None
    is_heard: bool = False  # the stream had begun before it was sent
    accepted_at: float | None = None
    error: str = ""
    heard: list[Heard] = field(default_factory=list)  # also of other jobs of this name

    @property
    def ours(self) -> list[Heard]:
        return [heard for heard in self.heard if heard.event.subject == self.job_id]

    @property
    def end(self) -> Event | None:
        """The event that ended it."""
        return next((heard.event for heard in self.ours if isinstance(heard.event, ENDS)), None)

    @property
    def hops(self) -> list[Hop]:
        """In the order that we heard of them: an answer and an event may overtake each other."""
        hops = [Hop(name, heard.at) for heard in self.ours if (name := _hop(heard.event))]
        accepted = [Hop("accepted", self.accepted_at)] if self.accepted_at is not None else []
        return sorted([*accepted, *hops], key=lambda hop: hop.at)

    def clocks(self) -> list[Reading]:
        """What its events say of the clocks of those who told them."""
        return [
            Reading(heard.event.source.split("/")[1].removesuffix("s"), heard.event.time, self.begun, heard.came)
            for heard in self.ours
        ]


def judge_canary(canary: Canary) -> Finding:
    """How far it came says what is to be looked at."""
    if canary.error:
        return wrong(CHECK, shown(canary.error), "see what is said of the services and the pipeline")
    match canary.end:
        case JobCompleted():
            return _judge_speed(canary)
        case JobFailed(data=failure):
            return note(
                CHECK, f"the path is whole, but its job failed: {shown(failure.reason)}", "see the processor's log"
            )
        case JobCancelled():
            return note(CHECK, "the path is whole, but somebody cancelled its job")
        case _:
            return _judge_stop(canary)


def _judge_stop(canary: Canary) -> Finding:
    waited = span_said(canary.seconds)
    if not canary.is_heard:
        said = f"it was not sent: no stream began within {waited}"
        return wrong(CHECK, said, "see what is said of the stream")
    if canary.job_id is None:
        said = f"nothing was accepted within {waited}"
        return wrong(CHECK, said, "see the gateway's log, its store and its broker")
    reached = {hop.name for hop in canary.hops}
    if "queued" not in reached:
        said = f"it was accepted, but nothing was told of it within {waited}"
        return wrong(CHECK, said, "see the stream, and that gateway and notifier use the same broker and vhost")
    if "started" not in reached:
        said = f"it was queued, but nobody began it within {waited}"
        return wrong(CHECK, said, f"start a processor that offers {canary.pipeline}, or more of them")
    return wrong(CHECK, f"it was begun, but did not end within {waited}", "see the processor's log")


def _judge_speed(canary: Canary) -> Finding:
    at = {hop.name: hop.at for hop in canary.hops}
    waited = at["started"] - at["queued"] if {"queued", "started"} <= at.keys() else 0.0
    said = f"through the whole path in {span_said(canary.hops[-1].at)}"
    if waited > SLOW_START:
        return note(CHECK, f"{said}, {span_said(waited)} of them in the queue", "start more processors")
    return good(CHECK, said)


def _hop(event: Event) -> str | None:
    match event:
        case JobQueued():
            return "queued"
        case JobStarted():
            return "started"
        case StageCompleted(data=result):
            return f"stage {result.stage.name}"
        case JobCompleted():
            return "completed"
        case _:
            return None
