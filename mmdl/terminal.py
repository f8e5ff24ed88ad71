"""Standard streams: letters that an encoding lacks, whether a reader sits there, and progress bars."""

import sys
from typing import Any


def tolerate(stream: Any) -> None:
    """From now on a stream writes a letter that its encoding lacks as an escape, as stderr does, and never raises."""
    if getattr(stream, "errors", "") == "strict" and hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")


def can_show(text: str, stream: Any = None) -> bool:
    """Whether the encoding of a stream (standard output) has all letters of a text."""
    encoding = getattr(stream or sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def is_shared(*streams: Any) -> bool:
    """Whether all these streams (by default standard input and output) are terminals."""
    return all(each is not None and each.isatty() for each in streams or (sys.stdin, sys.stdout))


def progress_bar(*arguments: Any, **settings: Any) -> Any:
    """A bar of tqdm, as it suits a terminal or a notebook; without a monitor thread where there are no threads."""
    from tqdm.auto import tqdm

    if sys.platform == "emscripten":
        tqdm.monitor_interval = 0
    return tqdm(*arguments, **settings)
