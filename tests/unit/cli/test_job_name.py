import pytest
from uuid_utils import uuid7

from cli.errors import CannotDoError
from cli.job_name import chosen, means, short_id
from contracts.snapshot import JobSnapshot
from tests.samples import a_story, job_after


def a_snapshot() -> JobSnapshot:
    return job_after(a_story(str(uuid7()))[0])


def test_the_only_one_is_meant() -> None:
    job = a_snapshot()
    assert chosen("01a2", [job]) == job.job.id


def test_several_are_named() -> None:
    jobs = [a_snapshot() for _ in range(7)]
    with pytest.raises(CannotDoError, match="7 jobs' ids begin or end with 01a2") as raised:
        chosen("01a2", jobs)
    assert jobs[4].job.id in str(raised.value)
    assert jobs[5].job.id not in str(raised.value)


def test_none_says_where_to_look() -> None:
    with pytest.raises(CannotDoError, match="stagecast jobs"):
        chosen("01a2", [])


@pytest.mark.parametrize("name", ["01a20beb", "01a20beb-75b9-77cd", "f33d6d7", "5df95f33d6d7"])
def test_beginnings_and_ends_stand_for_an_id(name: str) -> None:
    assert means(name, "01a20beb-75b9-77cd-a1e6-5df95f33d6d7")
    assert not means(name, "01a20bec-75b9-77cd-a1e6-5df95f33d6d8")


def test_the_short_form_of_an_id_tells_those_apart_that_were_made_together() -> None:
    ids = [str(uuid7()) for _ in range(100)]
    assert len({short_id(job_id) for job_id in ids}) == 100
    assert all(means(short_id(job_id), job_id) for job_id in ids)
