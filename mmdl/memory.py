"""Memory that a process keeps."""

import functools

import numpy as np


@functools.cache
def keep_freed_memory() -> None:
    """Let the process keep the memory of arrays that it frees, for the next ones; once is enough

    Large arrays are given back to the system at once, and every training step or prediction would fetch its memory
    again, page by page: that is up to half of its time. glibc raises the limit of what is large to the largest array
    that was freed, 32 MiB at most, so one array just below that, made and dropped, is enough. Other systems take no
    notice.
    """
    np.empty((32 << 20) - 65536, np.uint8)
