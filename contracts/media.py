"""What an artifact is, by its name, and what a browser is to do with it."""

import mimetypes
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from obstore.store import LocalStore, ObjectStore

if TYPE_CHECKING:
    from obstore import Attributes

SHOWN_INLINE = frozenset({"text/html", "image/png", "image/jpeg", "image/webp", "application/json", "text/plain"})


def media_type_of(name: str) -> str:
    """By the name's ending; `application/octet-stream` when that says nothing."""
    guess, encoding = mimetypes.guess_type(name)
    if encoding is not None:
        return {"gzip": "application/gzip", "zstd": "application/zstd"}.get(encoding, "application/octet-stream")
    return guess or {".zst": "application/zstd"}.get(PurePosixPath(name).suffix, "application/octet-stream")


def is_shown(name: str) -> bool:
    """Whether a browser shows it, and does not save it."""
    return media_type_of(name) in SHOWN_INLINE


def disposition_of(name: str) -> str:
    """The Content-Disposition of an artifact; its name needs no quoting."""
    return f'{"inline" if is_shown(name) else "attachment"}; filename="{name}"'


def attributes_of(store: ObjectStore, key: str) -> "Attributes | None":
    """What a bucket says of a file when it hands it out itself; a folder keeps no such thing."""
    if isinstance(store, LocalStore) or "/artifacts/" not in key:
        return None
    name = key.rsplit("/", 1)[-1]
    return {"Content-Type": media_type_of(name), "Content-Disposition": disposition_of(name)}
