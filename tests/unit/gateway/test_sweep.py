from datetime import UTC, datetime, timedelta

import pytest

from gateway.tus.ledger import Trace
from gateway.tus.sweep import Fate, judge

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
EXPIRY = timedelta(hours=24)


@pytest.mark.parametrize(
    ("names", "age", "fate"),
    [
        ({"upload.json", "bytes"}, timedelta(seconds=1), Fate.KEEP),
        ({"upload.json", "bytes"}, timedelta(minutes=1), Fate.COMPLETE),
        ({"upload.json", "bytes"}, timedelta(hours=25), Fate.REMOVE),
        ({"upload.json"}, timedelta(hours=24), Fate.COMPLETE),
        ({"upload.json", "finished"}, timedelta(hours=23), Fate.KEEP),
        ({"upload.json", "finished"}, timedelta(hours=25), Fate.REMOVE),
        ({"parts"}, timedelta(hours=23), Fate.KEEP),
        ({"parts"}, timedelta(hours=25), Fate.REMOVE),
        ({"bytes"}, -timedelta(hours=25), Fate.KEEP),
    ],
)
def test_what_becomes_of_an_upload(names: set[str], age: timedelta, fate: Fate) -> None:
    assert judge(Trace("id", NOW - age, names), now=NOW, expiry=EXPIRY) is fate
