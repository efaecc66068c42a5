from pathlib import Path

import pytest

from contracts.blobs import artifact_key, open_store, source_key
from contracts.errors import BadSettingError
from tests.samples import JOB_ID


def test_keys_come_from_the_job_id() -> None:
    assert source_key(JOB_ID) == f"jobs/{JOB_ID}/source"
    assert artifact_key(JOB_ID, "report.html") == f"jobs/{JOB_ID}/artifacts/report.html"


@pytest.mark.parametrize("job_id", ["", "..", "../..", JOB_ID.upper(), JOB_ID + "\n", f"{JOB_ID}/.."])
def test_no_other_id_makes_a_key(job_id: str) -> None:
    with pytest.raises(ValueError, match="job id"):
        source_key(job_id)


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "a\\b", "ä", "a\n", "a" * 129])
def test_no_other_name_makes_an_artifact_key(name: str) -> None:
    with pytest.raises(ValueError, match="artifact"):
        artifact_key(JOB_ID, name)


def test_a_folder_is_made_when_it_is_missing(tmp_path: Path) -> None:
    open_store((tmp_path / "with space" / "blobs").as_uri())
    assert (tmp_path / "with space" / "blobs").is_dir()


def test_a_store_that_cannot_be_had_is_a_bad_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadSettingError, match="STAGECAST_STORE_URL"):
        open_store((tmp_path / "file" / "blobs").as_uri())
