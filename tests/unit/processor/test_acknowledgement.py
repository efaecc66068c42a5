from datetime import timedelta
from typing import Any

import pytest

from contracts.acknowledgement import announced_limit
from contracts.topology import LONGEST_STAGE
from processor import Pipeline, Stage
from processor.acknowledgement import concern, protested_limit

HALF_AN_HOUR = timedelta(minutes=30)
# As RabbitMQ 3.10.8 says it.
PROTEST = (
    "PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out. Timeout value used: 1800000 ms. "
    "This timeout value can be configured, see consumers doc guide to learn more"
)


def a_pipeline(*stages: timedelta | None, timeout: timedelta | None = None) -> Pipeline:
    pipeline = Pipeline("work", timeout=timeout)
    for number, limit in enumerate(stages):

        def stage(_: Stage) -> None: ...

        stage.__name__ = f"stage_{number}"
        pipeline.stage(timeout=limit)(stage)
    return pipeline


@pytest.mark.parametrize(
    ("properties", "limit"),
    [
        ({"version": "4.0.5"}, LONGEST_STAGE),
        ({"version": b"3.13.7"}, LONGEST_STAGE),
        ({"version": "3.12.0-rc.1"}, LONGEST_STAGE),
        ({"version": "3.10.8"}, None),
        ({"version": "3.10.8", "consumer_timeout": b"604800000"}, timedelta(days=7)),
        ({"version": "3.8.17", "consumer_timeout": "900000"}, timedelta(minutes=15)),
        ({"version": "3.10.8", "consumer_timeout": "undefined"}, None),
        ({}, None),
    ],
)
def test_what_a_broker_says_of_itself(properties: dict[str, Any], limit: timedelta | None) -> None:
    assert announced_limit(properties) == limit


def test_what_a_broker_says_when_it_takes_a_job_away() -> None:
    assert protested_limit(ConnectionError(PROTEST)) == HALF_AN_HOUR
    assert protested_limit(ConnectionError("NOT_FOUND - no queue 'timed out'")) is None


@pytest.mark.parametrize(
    ("limit", "pipeline", "words"),
    [
        (LONGEST_STAGE, a_pipeline(None), None),
        (HALF_AN_HOUR, a_pipeline(None), "after 0:30:00: jobs of work may run longer"),
        (HALF_AN_HOUR, a_pipeline(timedelta(minutes=10), timedelta(minutes=20)), None),
        (HALF_AN_HOUR, a_pipeline(timedelta(minutes=10), timedelta(minutes=21)), "after 0:30:00"),
        (HALF_AN_HOUR, a_pipeline(None, timeout=timedelta(minutes=5)), None),
        (None, a_pipeline(timedelta(minutes=5)), None),
        (None, a_pipeline(None), "cannot be asked"),
        (None, a_pipeline(timedelta(hours=1)), "usually 0:30:00"),
    ],
)
def test_who_runs_the_broker_is_told_when_it_may_take_jobs_away(
    limit: timedelta | None, pipeline: Pipeline, words: str | None
) -> None:
    told = concern(limit, [pipeline])
    assert told is None if words is None else words in (told or "")
