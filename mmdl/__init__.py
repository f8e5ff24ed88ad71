"""mmdl: multimodal deep learning from scratch, every backward pass written out by hand.

Its main parts, each imported when it is first used:

formulas   every equation as loops
ops        the same as functions of whole arrays, each with its backward pass beside it
layers     parameters with a forward and a backward pass
fusion     the layers that make one of several modalities
models     encoders, and the multimodal classifier, regressor and writers made of them
training   optimizers, schedules, the training loop, model files
data       data sets and what prepares them: `mmdl.data.load("glyphs")`
tree       walking a model, which is a tree of arrays
verify     what every op must satisfy, and the oracles that check it
plots      pictures of data, models and training

`mmdl.check` grades exercises, `mmdl.explain` follows one number through a model, `mmdl.keras` runs the article's
listings, and `mmdl --help` lists the commands.

>>> import mmdl
>>> mmdl.layers.LSTM.__name__
'LSTM'
"""

__version__ = "0.1.0"
__all__ = ["data", "formulas", "fusion", "layers", "models", "ops", "plots", "training", "tree", "verify"]


def __getattr__(name: str) -> object:
    """Import a part when it is asked for, so that `import mmdl` costs nothing."""
    import importlib.util

    if not name.startswith("_") and importlib.util.find_spec(f"{__name__}.{name}"):
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name not in __all__)]
