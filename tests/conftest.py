"""Settings that all tests share."""

import os
import signal

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported: processes share the cores, not threads

from hypothesis import settings

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell ignores Ctrl-C for what it starts in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("mmdl", deadline=None)
settings.register_profile("mmdl-ci", deadline=None, derandomize=True, database=None, print_blob=True)
settings.load_profile("mmdl-ci" if os.environ.get("CI") else "mmdl")
