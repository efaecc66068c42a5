"""A bucket as the blob store: how patient we are with it, and what its errors mean to whoever set it up.

Credentials and places come from the variables that all S3 clients know: `AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, and
so on. What is half uploaded when a process dies only a rule of the bucket can remove: AbortIncompleteMultipartUpload.
"""

import os
from datetime import timedelta
from typing import TYPE_CHECKING

from obstore.exceptions import PermissionDeniedError, UnauthenticatedError
from obstore.store import LocalStore, ObjectStore, from_url

from contracts.errors import words_of

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

CONNECT_TIMEOUT = timedelta(seconds=5)
SILENCE_TIMEOUT = timedelta(seconds=30)  # for an answer, and for each of its bytes
WHOLE_TIMEOUT = timedelta(hours=6)  # for a whole body, however slowly it is taken
RETRIES: "RetryConfig" = {
    "max_retries": 4,
    "retry_timeout": timedelta(seconds=10),
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=2), "base": 2},
}

LOCAL_PART_BYTES = 1024 * 1024  # small enough to stay in a processor's cache on its way to the disk
REMOTE_PART_BYTES = 5 * 1024 * 1024  # the smallest part that S3 takes
MOST_PARTS = 9_000  # S3 takes 10,000 of a file
CONCURRENT_PARTS = 2


def open_bucket(url: str) -> ObjectStore:
    """The store behind a URL such as `s3://bucket/prefix`. Nothing is asked of it yet."""
    client: ClientConfig = {
        "allow_http": os.environ.get("AWS_ALLOW_HTTP", "").lower() in {"true", "1"},
        "connect_timeout": CONNECT_TIMEOUT,
        "read_timeout": SILENCE_TIMEOUT,
        "timeout": WHOLE_TIMEOUT,
    }
    return from_url(url, client_options=client, retry_config=RETRIES)


def part_bytes(store: ObjectStore, *, largest: int) -> int:
    """How large the parts are that a file of `largest` bytes at the most goes into the store in."""
    if isinstance(store, LocalStore):
        return LOCAL_PART_BYTES
    return max(REMOTE_PART_BYTES, -(-largest // MOST_PARTS))


def store_fault(error: Exception) -> str:
    """What is wrong with a store that failed us, and where to put it right, in a sentence."""
    text = str(error)
    if "NoSuchBucket" in text:
        return "the bucket does not exist: see STAGECAST_STORE_URL"
    if isinstance(error, PermissionDeniedError | UnauthenticatedError) or "403 Forbidden" in text:
        return "the store refuses us: see AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what they may do"
    return f"the store does not answer: {words_of(error)[:300]}".replace("\n", " ")
