"""The blob store, where it is one of this machine: whether it can be written, and how much room it has."""

import shutil
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

import obstore
from obstore.exceptions import BaseError as StoreError

from cli.amounts import percent_said, size_said
from cli.doctor.finding import Finding, good, note, unseen, wrong
from cli.output import shown
from contracts.blobs import local_folder, open_store
from contracts.errors import BadSettingError

CHECK = "blob store"
LITTLE = 0.05
REMEDY = "see STAGECAST_STORE_URL, who owns the folder, and whether its disk is full or mounted read-only"


@dataclass(frozen=True)
class Store:
    """A reading; sizes in bytes, None where a store has no end."""

    url: str
    is_here: bool = True
    error: str = ""
    total: int | None = None
    free: int | None = None


def read_store(url: str) -> Store:
    """Put something there and take it away again. A folder that is missing is not made."""
    is_folder = urlsplit(url).scheme == "file"
    if is_folder and not local_folder(url).exists():
        return Store(url, is_here=False)
    key = f"doctor/{uuid4()}"
    try:
        store = open_store(url)
        obstore.put(store, key, b"doctor")
        obstore.delete(store, key)
    except (StoreError, OSError, BadSettingError) as error:
        return Store(url, error=str(error))
    room = None
    if is_folder:
        with suppress(OSError):
            room = shutil.disk_usage(local_folder(url))
    return Store(url, total=room.total if room else None, free=room.free if room else None)


def judge_store(store: Store) -> Finding:
    if not store.is_here:
        said = f"no folder at {store.url}"
        return unseen(CHECK, said, "set STAGECAST_STORE_URL, or start this where `stagecast up` was started")
    if store.error:
        return wrong(CHECK, f"{store.url} cannot be written: {shown(store.error)[:300]}", REMEDY)
    if store.free is None or not store.total:
        return good(CHECK, f"{store.url} can be written")
    said = f"{size_said(store.free)} free ({percent_said(store.free / store.total)})"
    if store.free < store.total * LITTLE:
        return note(CHECK, f"{store.url}: only {said}", "`stagecast prune --older-than 30d` removes old jobs")
    return good(CHECK, f"{store.url} can be written, {said}")
