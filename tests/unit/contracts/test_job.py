from datetime import UTC, datetime

import pytest

from contracts.errors import UnreadableMessageError
from contracts.events import encode
from contracts.job import JobRequest, decode_job_request
from contracts.upload import Upload, decode_upload
from tests.samples import a_job

NOW = datetime(2026, 11, 23, 19, 30, tzinfo=UTC)


def test_a_request_is_the_same_after_a_journey() -> None:
    request = JobRequest(job=a_job(), attempt=3, accepted_at=NOW)
    assert decode_job_request(encode(request)) == request


def test_an_upload_record_is_the_same_after_a_journey() -> None:
    upload = Upload(job=a_job(), accepted_at=NOW)
    assert decode_upload(encode(upload)) == upload


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"{}",
        encode(JobRequest(job=a_job(), accepted_at=NOW)).replace(b'"version":1', b'"version":2'),
        encode(JobRequest(job=a_job(), accepted_at=NOW)).replace(b"01a20bbc-322f", b"../../etc/psw"),
    ],
)
def test_what_is_no_request_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(UnreadableMessageError):
        decode_job_request(body)


def test_what_is_no_upload_record_is_said_to_be_none() -> None:
    with pytest.raises(UnreadableMessageError):
        decode_upload(b"{}")
