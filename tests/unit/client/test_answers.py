import httpx
import pytest

from client.answers import LONGEST_RETRY_AFTER, judge
from client.errors import AwayError, RefusedError

ASKED = httpx.Request("GET", "http://localhost:8000/jobs?limit=5")


def answer(status: int, **more: object) -> httpx.Response:
    return httpx.Response(status, request=ASKED, **more)  # type: ignore[arg-type]


def test_a_success_is_nothing_to_say() -> None:
    judge(answer(202))


def test_a_problem_document_says_why() -> None:
    with pytest.raises(RefusedError, match="no processor offers") as raised:
        judge(answer(422, json={"title": "Unknown", "detail": "no processor offers the pipeline 'x'"}))
    assert raised.value.status == 422


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_passes_is_to_be_tried_again(status: int) -> None:
    with pytest.raises(AwayError) as raised:
        judge(answer(status, headers={"Retry-After": "5"}))
    assert raised.value.retry_after == 5.0


@pytest.mark.parametrize(("told", "taken"), [("9999999", LONGEST_RETRY_AFTER), ("Wed, 21 Oct", None), ("-1", None)])
def test_retry_after_is_taken_within_reason(told: str, taken: float | None) -> None:
    with pytest.raises(AwayError) as raised:
        judge(answer(503, headers={"Retry-After": told}))
    assert raised.value.retry_after == taken


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"detail": []}', b"<html>"])
def test_an_answer_of_somebody_else_is_named_by_its_place(body: bytes) -> None:
    with pytest.raises(RefusedError, match="http://localhost:8000/jobs answers 404 Not Found"):
        judge(answer(404, content=body, headers={"content-type": "application/json"}))
