"""allocator: on a CPU, freed memory is kept for the next step instead of being given back to the system and fetched anew, page by page."""

from __future__ import annotations

import ctypes
import sys

WORTH = 20_000_000
"""Parameters from which on it pays; nano students, whose tensors are small, are taught no faster."""
TRIM_THRESHOLD, TOP_PAD, MMAP_MAX = -1, -2, -4
MOST = 2**31 - 1


def keep_freed_memory() -> bool:
    """Tells glibc to, for the rest of the process; False where the C library is another, which goes on as before."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    return all(mallopt(setting, value) for setting, value in ((MMAP_MAX, 0), (TRIM_THRESHOLD, MOST), (TOP_PAD, 2**28)))
