"""How this process uses the C library's allocator."""

import ctypes
import sys

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3  # mallopt(3)
MEGABYTE = 1024 * 1024


def keep_freed_memory() -> None:
    """Let glibc keep up to 64 MB of freed memory for the next buffers; does nothing where there is no glibc.

    Each piece of an upload is a fresh buffer of up to 256 KB, which glibc would ask the kernel for and give
    back every time, at the cost of a page fault for each 4 KB of it (docs/adr/0007).
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, 32 * MEGABYTE)
        mallopt(M_TRIM_THRESHOLD, 64 * MEGABYTE)
        mallopt(M_TOP_PAD, 8 * MEGABYTE)
