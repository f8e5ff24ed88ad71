"""A backend of matplotlib that is not installed here does not matter: nothing is shown, figures are files.

A shell that was started from a notebook inherits the notebook's MPLBACKEND, and matplotlib refuses to be imported.
"""

import os
from importlib.util import find_spec

MODULE = "module://"

_name = os.environ.get("MPLBACKEND", "")
if _name.startswith(MODULE) and find_spec(_name.removeprefix(MODULE).split(".")[0]) is None:
    os.environ["MPLBACKEND"] = "agg"
