"""One delivery from its arrival to its end: read it, plan, act, settle."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog
from obstore.store import ObjectStore
from uuid_utils import uuid4

from contracts.claims import Claim
from contracts.errors import UnreadableMessageError
from contracts.events import JobFailed, JobRetrying
from contracts.job import JobRequest, decode_job_request
from contracts.record import JobRecord, Outcome, record_of_upload
from contracts.upload import Upload
from processor.catalogue import Offer
from processor.chronicle import Chronicle
from processor.delivery import Delivery
from processor.folder import JobFolder
from processor.patience import Patience
from processor.plan import MAX_DEATHS, Case, Drop, GiveUp, Plan, Renew, Run, TellAgain, plan
from processor.story import Story
from processor.turn import Means, Settlement, Turn
from processor.verdict import rung_for

MOST_CLAIMS = MAX_DEATHS + 10  # more of them change nothing

log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True)
class Worker:
    """Works on deliveries, each on its own."""

    catalogue: Mapping[str, Offer]
    store: ObjectStore
    means: Means
    source: str
    patience: Patience = field(default_factory=Patience)

    async def work(self, delivery: Delivery) -> None:
        """Run a delivery to its end. It is acknowledged after its outcome is announced, so none is lost."""
        try:
            request = decode_job_request(delivery.body)
            offer = self._offer_of(request)
        except UnreadableMessageError as error:
            log.warning("job.unreadable", reason=str(error), size=len(delivery.body))
            await self.means.announcer.bury(delivery.body, str(error))
            await delivery.ack()
            return
        with structlog.contextvars.bound_contextvars(job_id=request.job.id, pipeline=request.job.pipeline):
            settlement = await self._work_on(request, offer, delivery)
        if settlement is Settlement.GIVE_BACK:
            await delivery.give_back()
        else:
            await delivery.ack()

    def _offer_of(self, request: JobRequest) -> Offer:
        offer = self.catalogue.get(request.job.pipeline)
        if offer is None:
            raise UnreadableMessageError(f"no job for this queue: it wants the pipeline {request.job.pipeline!r}")
        return offer

    async def _work_on(self, request: JobRequest, offer: Offer, delivery: Delivery) -> Settlement:
        folder = JobFolder(self.store, request.job.id, self.patience)
        record, planned, claim = await self._decide(request, delivery, folder)
        match planned:
            case Drop(reason=reason):
                log.info("delivery.dropped", attempt=request.attempt, reason=reason)
            case TellAgain(outcome=outcome):
                await self._tell_again(request, outcome)
            case Renew(attempt=attempt):
                log.info("delivery.renewed", returns=delivery.returns)
                await self.means.announcer.submit(request.model_copy(update={"attempt": attempt}))
            case Run():
                return await self._turn(request, offer, claim, record, folder).run()
            case GiveUp(reason=reason):
                return await self._turn(request, offer, claim, record, folder).run(give_up=reason)
        return Settlement.ACK

    async def _decide(
        self, request: JobRequest, delivery: Delivery, folder: JobFolder
    ) -> tuple[JobRecord | None, Plan, Claim]:
        """Plan, and claim the attempt that is planned; when somebody is faster, plan again."""
        is_taken = delivery.is_redelivered
        while True:
            record = await folder.read_record()
            is_known = is_taken or (record is not None and record.attempt >= request.attempt)
            case = Case(
                attempt=request.attempt,
                is_redelivered=delivery.is_redelivered,
                returns=delivery.returns,
                record=record,
                claims=await folder.read_claims(most=MOST_CLAIMS) if is_known else (),
            )
            planned = plan(case)
            attempt = planned.attempt if isinstance(planned, Run | GiveUp) else request.attempt
            claim = Claim(attempt=attempt, request=request.attempt, holder=self.source, token=uuid4().hex)
            if not isinstance(planned, Run | GiveUp) or await folder.take(claim):
                return record, planned, claim
            is_taken = True

    def _turn(
        self, request: JobRequest, offer: Offer, claim: Claim, record: JobRecord | None, folder: JobFolder
    ) -> Turn:
        known = record or record_of_upload(Upload(job=request.job, accepted_at=request.accepted_at))
        story = Story(offer.pipeline, claim.attempt, self.source, known)
        chronicle = Chronicle(story, folder, self.means.announcer.publish)
        return Turn(request, offer, claim, chronicle, self.means)

    async def _tell_again(self, request: JobRequest, outcome: Outcome) -> None:
        """Whoever recorded it may have told it, or not; it is the same event, so nobody takes it for another."""
        log.info("job.told_again", type=outcome.type)
        announcer = self.means.announcer
        following = request.model_copy(update={"attempt": outcome.data.attempt + 1})
        await announcer.publish(outcome)
        match outcome:
            case JobRetrying(data=fact):
                await announcer.retry_later(following, rung_for(fact.retry_at - datetime.now(UTC)))
            case JobFailed(data=failure):
                await announcer.bury(following.model_dump_json().encode(), failure.reason)
            case _:
                pass
