import pytest

from cli.verdict import LONGEST_PAUSE, SHORTEST_PAUSE, GiveUp, StartAgain, ending, judge
from contracts.service import EX_CONFIG


def test_a_wrong_setting_at_the_first_start_ends_it() -> None:
    assert isinstance(judge(EX_CONFIG, was_ready=False, deaths=1, patience=5), GiveUp)


def test_what_was_ready_is_always_started_again() -> None:
    for deaths in (1, 5, 1000):
        assert isinstance(judge(EX_CONFIG, was_ready=True, deaths=deaths, patience=5), StartAgain)


def test_patience_before_the_first_readiness() -> None:
    assert isinstance(judge(1, was_ready=False, deaths=4, patience=5), StartAgain)
    verdict = judge(-9, was_ready=False, deaths=5, patience=5)
    assert verdict == GiveUp("it ended with signal 9 before it was ready, 5 times")


def test_pauses_double_up_to_a_bound() -> None:
    pauses = [judge(1, was_ready=True, deaths=deaths, patience=5) for deaths in range(1, 200)]
    assert pauses[:3] == [StartAgain(SHORTEST_PAUSE), StartAgain(SHORTEST_PAUSE * 2), StartAgain(SHORTEST_PAUSE * 4)]
    assert pauses[-1] == StartAgain(LONGEST_PAUSE)


@pytest.mark.parametrize(("code", "words"), [(0, "exit code 0"), (1, "exit code 1"), (-15, "signal 15")])
def test_an_exit_code_in_words(code: int, words: str) -> None:
    assert ending(code) == words
