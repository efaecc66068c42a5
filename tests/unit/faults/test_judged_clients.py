"""The judgement of clients under faults: what must not pass, does not."""

import json

import pytest

from contracts.events import Event, encode
from tests.faults.containers.audience import Client
from tests.faults.containers.verdict import check_client, check_log
from tests.samples import JOB_ID, a_story
from tests.streams import Frame

LOG = a_story()
JOBS = {JOB_ID}


def told(*events: Event) -> Client:
    """A client that began with nothing, and was told these."""
    client = Client()
    client.take(Frame("snapshot", json.dumps({"reason": "new", "jobs": []}), "1-a"))
    for event in events:
        client.take(Frame("message", encode(event).decode(), ""))
    return client


def check(*events: Event) -> None:
    client = told(*events)
    check_client(client, client.told, LOG, JOBS)


def test_the_whole_story_passes_and_so_do_doubles() -> None:
    check_log([*LOG, LOG[-1]], JOBS)
    check(*LOG)
    check(*LOG[:5], *LOG[2:])


def test_the_gateways_word_may_come_late() -> None:
    queued = LOG[0].model_copy(update={"source": "/gateways/one"})
    log = [LOG[1], queued, *LOG[2:]]
    client = told(*log)
    check_client(client, client.told, log, JOBS)


@pytest.mark.parametrize("missing", range(len(LOG)))
def test_one_event_less_does_not_pass(missing: int) -> None:
    with pytest.raises(AssertionError):
        check(*LOG[:missing], *LOG[missing + 1 :])


def test_two_events_in_the_wrong_order_do_not_pass() -> None:
    with pytest.raises(AssertionError):
        check(LOG[0], LOG[2], LOG[1], *LOG[3:])


def test_what_the_log_does_not_have_does_not_pass() -> None:
    with pytest.raises(AssertionError):
        check(*LOG[:2], LOG[1].model_copy(update={"id": "another"}), *LOG[2:])


def test_a_client_that_was_set_back_does_not_pass() -> None:
    client = told(*LOG)
    job = client.story.jobs[JOB_ID].model_dump(mode="json")
    client.take(Frame("snapshot", json.dumps({"reason": "fallen-behind", "jobs": [job]}), "9-b"))
    with pytest.raises(AssertionError):
        check_client(client, client.told, LOG, JOBS)


@pytest.mark.parametrize("log", [LOG[:-1], a_story(ends="job.failed"), [*LOG, LOG[-1].model_copy(update={"id": "x"})]])
def test_a_log_without_one_good_end_for_each_job_does_not_pass(log: list[Event]) -> None:
    with pytest.raises(AssertionError):
        check_log(log, JOBS)
