from pathlib import Path

from contracts.store_watch import folder_fault


def test_a_folder_that_is_gone_is_a_fault(tmp_path: Path) -> None:
    """Its list would be empty, as if nobody had ever sent anything."""
    folder = tmp_path / "blobs"
    for writes in (True, False):
        assert "is not there" in (folder_fault(folder, writes=writes) or "")
        folder.touch()
        assert "is not there" in (folder_fault(folder, writes=writes) or "")
        folder.unlink()
        assert folder_fault(tmp_path, writes=writes) is None
