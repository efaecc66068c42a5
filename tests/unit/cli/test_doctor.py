"""What `doctor` says of what it has read."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.doctor.broker import Broker, judge_acknowledgement, judge_broker, judge_pipeline, judge_version
from cli.doctor.canary import Canary, Heard, judge_canary
from cli.doctor.clocks import Reading, judge_clocks
from cli.doctor.command import Countdown, as_dict, verdict
from cli.doctor.examination import Report, is_this_machine
from cli.doctor.finding import Finding, Level, good, is_sound, note, unseen, wrong
from cli.doctor.http_version import Spoken, judge_http_version
from cli.doctor.limits import Limit, judge_broker_files, judge_files
from cli.doctor.management import Management, Node, judge_management
from cli.doctor.node import understood
from cli.doctor.services import Service, judge_service
from cli.doctor.store import Store, judge_store
from cli.doctor.stream import Reading as StreamReading
from cli.doctor.stream import judge_stream
from contracts.events import Event
from tests.samples import JOB_ID, a_story, one_of_each

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HEADERS = {"content-type": "text/event-stream; charset=utf-8"}


def levels(findings: list[Finding]) -> list[Level]:
    return [finding.level for finding in findings]


@pytest.mark.parametrize(
    ("version", "level"),
    [((4, 1), Level.GOOD), ((3, 13), Level.NOTE), ((3, 9), Level.WRONG), (None, Level.NOTE)],
)
def test_broker_versions(version: tuple[int, int] | None, level: Level) -> None:
    assert judge_version(version).level is level


@pytest.mark.parametrize(
    ("limit", "level"),
    [(timedelta(days=7), Level.GOOD), (timedelta(minutes=30), Level.WRONG), (None, Level.NOTE)],
)
def test_acknowledgement_timeouts(limit: timedelta | None, level: Level) -> None:
    finding = judge_acknowledgement(limit)
    assert finding.level is level
    assert level is Level.GOOD or "consumer_timeout = 604800000" in finding.remedy


def test_who_serves_a_pipeline() -> None:
    assert [judge_pipeline("a", count).level for count in (2, 0, None)] == [Level.GOOD, Level.WRONG, Level.WRONG]


def test_a_broker_that_is_away_is_one_finding() -> None:
    [finding] = judge_broker(Broker("127.0.0.1:5672", "ConnectionError: refused"))
    assert (finding.level, finding.remedy) == (Level.WRONG, "start RabbitMQ, or correct STAGECAST_AMQP_URL")


def test_a_node_tells_its_timeout_and_its_alarms() -> None:
    told = "{{ok,900000},\n [{{resource_limit,disk,'a@b'},[]},\n  {{resource_limit,memory,'a@b'},[]}]}\n"
    assert understood(told).acknowledged_within == timedelta(minutes=15)
    assert understood(told).alarms == ("disk", "memory")
    assert understood("{undefined,[]}").acknowledged_within is None


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (Management("http://b:15672", "refused"), [Level.UNSEEN]),
        (Management("http://b:15672", deprecated=None), [Level.UNSEEN]),
        (Management("http://b:15672", deprecated=()), [Level.GOOD]),
        (Management("http://b:15672", deprecated=("transient_nonexcl_queues",)), [Level.WRONG]),
        (Management("http://b:15672", deprecated=(), nodes=(Node("n", 65536, 40, ()),)), [Level.GOOD, Level.GOOD]),
        (
            Management("http://b:15672", deprecated=(), nodes=(Node("n", 1024, 1000, ("disk",)),)),
            [Level.GOOD, Level.WRONG, Level.WRONG],
        ),
    ],
)
def test_what_the_management_api_tells(told: Management, expected: list[Level]) -> None:
    assert levels(judge_management(told, (4, 0))) == expected


@pytest.mark.parametrize("told", [Management("http://b:15672", "refused"), Management("http://b:15672")])
def test_an_old_broker_is_not_asked_for_deprecated_features(told: Management) -> None:
    assert judge_management(told, (3, 10)) == []
    assert levels(judge_management(told, None)) == [Level.UNSEEN]


@pytest.mark.parametrize(
    ("files", "level"), [(256, Level.WRONG), (1024, Level.NOTE), (65536, Level.GOOD), (-1, Level.GOOD)]
)
def test_open_files(files: int, level: Level) -> None:
    assert judge_files(Limit("notifier", files)).level is level


def test_open_files_of_a_broker_that_does_not_tell() -> None:
    assert judge_broker_files("n", None, None).level is Level.UNSEEN


@pytest.mark.parametrize(
    ("store", "level"),
    [
        (Store("file:///srv", total=100, free=50), Level.GOOD),
        (Store("file:///srv", total=100, free=1), Level.NOTE),
        (Store("s3://jobs"), Level.GOOD),
        (Store("file:///srv", is_here=False), Level.UNSEEN),
        (Store("file:///srv", error="Read-only file system"), Level.WRONG),
    ],
)
def test_stores(store: Store, level: Level) -> None:
    assert judge_store(store).level is level


def stream(**more: Any) -> StreamReading:
    told = {
        "url": "http://h/events",
        "listened": 35.0,
        "status": 200,
        "headers": HEADERS,
        "arrivals": (0.01, 15.0, 30.0),
    }
    return StreamReading(**{**told, **more})


@pytest.mark.parametrize(
    ("reading", "checks"),
    [
        (stream(), ["stream"]),
        (stream(status=None, error="refused"), ["stream"]),
        (stream(status=502, headers={}), ["stream"]),
        (stream(headers={"content-type": "text/html"}), ["stream"]),
        (stream(headers={**HEADERS, "content-encoding": "gzip"}), ["stream: compression"]),
        (stream(arrivals=()), ["stream: buffering"]),
        (stream(arrivals=(12.0, 30.0)), ["stream: buffering"]),
        (stream(arrivals=(0.01, 30.0)), ["stream: buffering"]),
        (stream(arrivals=(0.01, 10.0), ended_at=12.0), ["stream: timeout"]),
        (
            stream(headers={**HEADERS, "content-encoding": "br"}, arrivals=(), ended_at=9.0),
            ["stream: compression", "stream: buffering", "stream: timeout"],
        ),
    ],
)
def test_streams(reading: StreamReading, checks: list[str]) -> None:
    findings = judge_stream(reading)
    assert [finding.check for finding in findings] == checks
    assert is_sound(findings) == (reading == stream())


@pytest.mark.parametrize(
    ("spoken", "level"),
    [
        (Spoken("https://h", "h2"), Level.GOOD),
        (Spoken("http://h", "http/1.1"), Level.NOTE),
        (Spoken("https://h", error="certificate verify failed"), Level.WRONG),
        (Spoken("https://h", error="refused"), Level.UNSEEN),
    ],
)
def test_http_versions(spoken: Spoken, level: Level) -> None:
    assert judge_http_version(spoken, is_here=False).level is level


def test_plain_http_is_right_on_this_machine_alone() -> None:
    plain, secured = Spoken("http://localhost:8000", "http/1.1"), Spoken("https://localhost", "http/1.1")
    assert judge_http_version(plain, is_here=True).level is Level.GOOD
    assert judge_http_version(secured, is_here=True).level is Level.NOTE


def test_the_countdown_says_what_is_waited_for() -> None:
    assert str(Countdown(35, 60).__rich__()).startswith("listening to a quiet stream, 3")
    assert str(Countdown(-1, 60).__rich__()).startswith("waiting for a tiny job to be done, 6")


def clock(seconds: float, who: str = "gateway") -> Reading:
    return Reading(who, NOON + timedelta(seconds=seconds), NOON, NOON + timedelta(seconds=1))


def test_clocks_are_apart_only_where_that_is_sure() -> None:
    assert levels(judge_clocks([clock(-1.5), clock(2.5)])) == [Level.GOOD]
    assert levels(judge_clocks([])) == [Level.UNSEEN]
    ahead, behind = judge_clocks([clock(61), clock(0.5), clock(-90, "processor")])
    assert (ahead.check, ahead.said) == ("clocks: gateway", "1 m 00 s ahead of this machine's")
    assert (behind.check, behind.said) == ("clocks: processor", "1 m 30 s behind this machine's")


def canary(events: list[Event], **more: Any) -> Canary:
    heard = [Heard(event, at / 10, NOON) for at, event in enumerate(events, 1)]
    return Canary("inspect", 60, **{"job_id": JOB_ID, "is_heard": True, "accepted_at": 0.05, "heard": heard, **more})


QUEUED = one_of_each()["job.queued"]


@pytest.mark.parametrize(
    ("reading", "level", "words"),
    [
        (canary([QUEUED, *a_story()]), Level.GOOD, "through the whole path in 0.7 s"),
        (canary([QUEUED, *a_story(ends="")]), Level.WRONG, "begun, but did not end within 1 m 00 s"),
        (canary([QUEUED]), Level.WRONG, "nobody began it"),
        (canary([]), Level.WRONG, "nothing was told of it"),
        (canary([QUEUED], job_id=None, accepted_at=None), Level.WRONG, "nothing was accepted"),
        (canary([], job_id=None, is_heard=False), Level.WRONG, "no stream began"),
        (canary([], error="no room left"), Level.WRONG, "no room left"),
        (canary([one_of_each()["job.failed"]]), Level.NOTE, "its job failed: no such luck"),
        (canary([one_of_each()["job.cancelled"]]), Level.NOTE, "somebody cancelled"),
    ],
)
def test_how_far_a_canary_came(reading: Canary, level: Level, words: str) -> None:
    finding = judge_canary(reading)
    assert finding.level is level
    assert words in finding.said


def test_a_canary_that_waited_says_so() -> None:
    reading = canary([QUEUED, *a_story()])
    later = [Heard(heard.event, heard.at + 30 * (heard.event.type != "job.queued"), NOON) for heard in reading.heard]
    finding = judge_canary(canary([], heard=later))
    assert (finding.level, finding.remedy) == (Level.NOTE, "start more processors")


def test_hops_are_in_the_order_that_they_were_heard_of() -> None:
    hops = canary([QUEUED, *a_story()], accepted_at=0.15).hops
    assert [hop.name for hop in hops] == ["queued", "accepted", "started", "stage read", "completed"]


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        (Service("gateway", "http://h", 200, checks={"broker": "ok"}), [Level.GOOD]),
        (Service("gateway", "http://h", None, "refused"), [Level.WRONG]),
        (Service("gateway", "http://h", 503, checks={"broker": "not connected", "x": "ok"}), [Level.WRONG]),
        (Service("gateway", "http://h", 404), [Level.UNSEEN]),
        (Service("gateway", "http://h", 502), [Level.WRONG]),
        (Service("gateway", "http://h", 200, checks={"a": "ok"}, concerns={"b": "late"}), [Level.GOOD, Level.NOTE]),
    ],
)
def test_services(service: Service, expected: list[Level]) -> None:
    assert levels(judge_service(service)) == expected


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://localhost:8000", True),
        ("http://127.0.0.1", True),
        ("http://[::1]:8000", True),
        ("https://stagecast.example", False),
        ("http://10.0.0.7", False),
    ],
)
def test_what_is_this_machine(url: str, here: bool) -> None:
    assert is_this_machine(url) is here


def test_the_report_as_json_and_its_last_line() -> None:
    findings = [good("a", "well"), note("b", "old", "renew"), unseen("c", "far"), wrong("d", "broken", "mend it")]
    told = json.loads(json.dumps(as_dict(Report(findings, canary([QUEUED])))))
    assert told["sound"] is False
    assert told["findings"][3] == {"check": "d", "level": "wrong", "said": "broken", "remedy": "mend it"}
    assert [hop["hop"] for hop in told["hops"]] == ["accepted", "queued"]
    assert verdict(findings).plain == "1 thing is wrong: see ✗"
    assert verdict(findings[:3]).plain == "nothing is wrong"
