"""What people are told of a stage's error."""

import obstore
import pytest
from obstore.store import LocalStore

from processor.child import raised
from processor.errors import PermanentFailure


def test_its_kind_and_its_words() -> None:
    assert raised(ValueError("no comma")).reason == "ValueError: no comma"
    assert raised(ValueError()).reason == "ValueError"
    assert raised(PermanentFailure("not a table")).reason == "not a table"


def test_what_a_store_adds_for_programmers_is_in_the_details_alone() -> None:
    with pytest.raises(FileNotFoundError) as caught:
        obstore.get(LocalStore("/"), "no/such/file")
    told = raised(caught.value)
    assert "no/such/file" in told.reason
    assert "Debug source" not in told.reason
    assert "Debug source" in told.details
