"""How much memory a program has held at most."""

import re
from pathlib import Path


def peak():
    """Bytes that this program has held at most (Linux).

    `getrusage` would not do: its figure begins with the memory of the process that started this one.
    """
    return int(re.search(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)[1]) << 10
