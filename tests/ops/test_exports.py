"""Every public function of `ops` and `formulas` can be imported from there."""

import importlib
import inspect
import pkgutil

import pytest

HELPERS = {"both", "fit", "windows", "spans", "places"}  # of formulas, for their own loops


@pytest.mark.parametrize("package", ["mmdl.ops", "mmdl.formulas"])
def test_every_public_function_is_exported(package):
    exported = importlib.import_module(package)
    for file in pkgutil.iter_modules(exported.__path__):
        if file.name != "fusion" and not file.name.startswith("_"):
            module = importlib.import_module(f"{package}.{file.name}")
            for name, value in vars(module).items():
                own = getattr(value, "__module__", "") == module.__name__ and not name.startswith("_")
                if own and (inspect.isfunction(value) or inspect.isclass(value)) and name not in HELPERS:
                    assert getattr(exported, name) is value and name in exported.__all__
