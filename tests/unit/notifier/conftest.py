import pytest

from tests.hubs import Bench, make_bench


@pytest.fixture
def bench() -> Bench:
    return make_bench()
