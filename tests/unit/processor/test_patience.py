import pytest
from obstore.exceptions import AlreadyExistsError, GenericError

from processor.patience import Patience


class Store:
    """Fails as often as it is told to."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.faults: list[str | None] = []

    async def work(self, patience: Patience) -> str:
        self.faults.append(patience.fault())
        if self._errors:
            raise self._errors.pop(0)
        return "done"


async def test_what_fails_is_done_again_and_said_meanwhile() -> None:
    patience, store = Patience(), Store(OSError(28, "No space left on device"), GenericError("away"))
    assert await patience.until_done(lambda: store.work(patience)) == "done"
    first, second, third = store.faults
    assert first is None
    assert "No space left" in (second or "")
    assert "away" in (third or "")
    assert patience.fault() is None


@pytest.mark.parametrize("answer", [FileNotFoundError("nothing there"), AlreadyExistsError("there already")])
async def test_an_answer_is_no_failure(answer: Exception) -> None:
    patience, store = Patience(), Store(answer)
    with pytest.raises(type(answer)):
        await patience.until_done(lambda: store.work(patience))


async def test_a_fault_of_ours_is_raised() -> None:
    patience, store = Patience(), Store(KeyError("ours"))
    with pytest.raises(KeyError):
        await patience.until_done(lambda: store.work(patience))
    assert patience.fault() is None
