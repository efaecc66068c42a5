from datetime import UTC, datetime

import pytest

from gateway.errors import OverQuotaError
from gateway.quotas import Quota, Usage

NOW = datetime(2026, 11, 24, 23, 59, 0, tzinfo=UTC)
QUOTA = Quota(files=10, size=1000)


@pytest.mark.parametrize(("files", "size"), [(1, 0), (2, 100), (0, 100)])
def test_what_fits_may_come(files: int, size: int) -> None:
    QUOTA.check(Usage(8, 900), files=files, size=size, now=NOW)


@pytest.mark.parametrize(("files", "size", "words"), [(3, 0, "10 files"), (1, 101, "1000 bytes")])
def test_what_does_not_fit_may_come_tomorrow(files: int, size: int, words: str) -> None:
    with pytest.raises(OverQuotaError, match=words) as caught:
        QUOTA.check(Usage(8, 900), files=files, size=size, now=NOW)
    assert caught.value.retry_after == 61
    assert caught.value.headers["RateLimit"] == '"files";r=2;t=61, "bytes";r=100;t=61'


def test_what_remains_is_never_less_than_nothing() -> None:
    headers = QUOTA.headers(Usage(11, 2000), NOW)
    assert headers["RateLimit"] == '"files";r=0;t=61, "bytes";r=0;t=61'
    assert headers["RateLimit-Policy"] == (
        '"files";q=10;qu="requests";w=86400, "bytes";q=1000;qu="content-bytes";w=86400'
    )


def test_without_a_quota_everything_may_come() -> None:
    Quota().check(Usage(10**9, 10**18), files=10**6, size=10**15, now=NOW)
    assert Quota().headers(Usage(), NOW) == {}
    assert not Quota().is_bound
    assert "bytes" not in Quota(files=1).headers(Usage(), NOW)["RateLimit"]
