"""Which receptacle fits which store."""

from pathlib import Path

from obstore.store import LocalStore, ObjectStore

from gateway.blobs import Blobs
from gateway.tus.growing_file import GrowingFile
from gateway.tus.part_objects import PartObjects
from gateway.tus.receptacle import Receptacle


def receptacle_in(store: ObjectStore, blobs: Blobs, *, largest: int) -> Receptacle:
    """A file that grows where there are files, else objects."""
    if isinstance(store, LocalStore) and store.prefix is not None:
        return GrowingFile(Path(store.prefix))
    return PartObjects(store, blobs, largest=largest)
