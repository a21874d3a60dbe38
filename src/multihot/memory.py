"""How the C library keeps the large blocks that encoders work in, and gives them back."""

import ctypes
import sys

# Parameters of glibc's mallopt(3).
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENAS = -1, -3, -8
_KEPT_BYTES = 2**31 - 1


def keep_large_blocks() -> bool:
    """Keep freed memory for the next layer, instead of handing it to the system and asking for it again.

    glibc maps every block above 32 MB afresh, page by page and zeroed, and a convolutional encoder asks for such a
    block at nearly every layer: on a CPU that takes nearly as long as computing. Up to 2 GB that was in use stays with
    the process. All threads share one arena: blocks above 64 MB do not fit those that threads have, and would be mapped
    afresh still. For a program to decide, so the command line calls it and the library does not.

    Returns:
        Whether it took effect; False without glibc.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return (
        mallopt is not None
        and bool(mallopt(_MMAP_THRESHOLD, _KEPT_BYTES))
        and bool(mallopt(_TRIM_THRESHOLD, _KEPT_BYTES))
        and bool(mallopt(_ARENAS, 1))
    )


def give_back_free_blocks() -> None:
    """Hand memory that was freed to the system, wherever it lies; what is asked for next is mapped afresh.

    Does nothing without glibc.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform.startswith("linux") else None
    if trim is not None:
        trim(0)
