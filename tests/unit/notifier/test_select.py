"""What a caller is told of what it asks for: never more than it may see."""

import pytest

from contracts.access.caller import Caller, Share, Visibility
from notifier.errors import BadQuestionError, NobodysStreamError
from notifier.question import Question, select
from notifier.selection import Format
from tests.samples import JOB_ID

OWN = Caller("me", Visibility.OWN)
FRIEND = Caller(None, Visibility.OWN, share=Share(JOB_ID, 0.0, "text"))
NEWCOMER = Caller("new", is_known=False)


def question(*jobs: str, is_mine: bool = False) -> Question:
    return Question(Format.JSON, frozenset(jobs), is_mine, progress=True, wanted=None)


def test_where_each_sees_its_own() -> None:
    assert select(question(), OWN).owner == "me"
    assert select(question(JOB_ID), OWN).owner == "me"
    assert select(question(is_mine=True), OWN).owner == "me"


def test_where_all_see_all() -> None:
    assert select(question(), Caller("me")).is_everything
    assert select(question(), NEWCOMER).is_everything
    assert select(question(is_mine=True), Caller("me")).owner == "me"


def test_a_link_is_for_its_job() -> None:
    assert select(question(), FRIEND).jobs == {JOB_ID}
    assert select(question(is_mine=True), FRIEND).jobs == {JOB_ID}


def test_nobody_has_no_jobs() -> None:
    with pytest.raises(BadQuestionError):
        select(question(is_mine=True), NEWCOMER)
    with pytest.raises(NobodysStreamError):
        select(question(), Caller("new", Visibility.OWN, is_known=False))
