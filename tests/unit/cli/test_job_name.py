import pytest
from uuid_utils import uuid7

from cli.errors import CannotDoError
from cli.job_name import SHOWN, chosen, short_ids
from contracts.snapshot import JobSnapshot, fold
from tests.samples import a_story


def a_snapshot() -> JobSnapshot:
    return fold(None, a_story(str(uuid7()))[0])


def test_the_only_one_is_meant() -> None:
    job = a_snapshot()
    assert chosen("01a2", [job]) == job.job.id


def test_several_are_named() -> None:
    jobs = [a_snapshot() for _ in range(7)]
    with pytest.raises(CannotDoError, match="7 jobs' ids begin with 01a2") as raised:
        chosen("01a2", jobs)
    assert jobs[4].job.id in str(raised.value)
    assert jobs[5].job.id not in str(raised.value)


def test_none_says_where_to_look() -> None:
    with pytest.raises(CannotDoError, match="stagecast jobs"):
        chosen("01a2", [])


def test_short_ids_are_as_long_as_they_must_be() -> None:
    alone = "01a20beb-75b9-77cd-a1e6-5df95f33d6d7"
    twins = ["01a20bec-0000-7111-a1e6-5df95f33d6d7", "01a20bec-0000-7111-b1e6-5df95f33d6d7"]
    assert short_ids([alone, *twins]) == {
        alone: alone[:SHOWN],
        twins[0]: "01a20bec-0000-7111-a1e6",
        twins[1]: "01a20bec-0000-7111-b1e6",
    }
