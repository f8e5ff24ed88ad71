"""How every op is tested: gradient oracles, the properties, and the catalogue of ops.

>>> from mmdl.verify import CATALOGUE, report
>>> report(CATALOGUE["relu"], examples=2).failures
{}
"""

import importlib

_HOME = {
    "CATALOGUE": "catalogue",
    "Draws": "draws",
    "Entry": "entry",
    "PROPERTIES": "properties",
    "PropertyError": "compare",
    "Report": "run",
    "adjoint_gap": "oracle",
    "central_difference_gradient": "oracle",
    "complex_step_derivative": "oracle",
    "complex_step_gradient": "oracle",
    "difference": "compare",
    "report": "run",
    "verify": "run",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> object:
    """Import a name when it is asked for: the oracles alone need no Hypothesis."""
    if name in _HOME:
        return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
