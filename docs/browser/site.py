"""The folder `run` of the site: JupyterLite, the notebooks, and the wheels that they need.

What is installed comes from the site itself: mmdl from the wheel built here, and from PyPI, with their hashes in
wheels.txt, those packages that Pyodide has not. Pyodide, and its NumPy, SciPy and matplotlib, are loaded from its CDN
when a reader opens a notebook; no page asks for it before.
"""

import importlib.metadata
import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from docs.browser import notebooks

PYODIDE = "https://cdn.jsdelivr.net/pyodide/v0.27.7/full/"
KERNEL = "@jupyterlite/pyodide-kernel-extension"


SETTINGS = {
    "@jupyterlab/notebook-extension:tracker": {
        "windowingMode": "none"
    },  # all cells are there, for the browser's search
    "@jupyterlab/apputils-extension:themes": {"adaptive-theme": True},  # dark where the system is
}


def build(folder, html, root):
    """Write html/run; `folder` is for what is made on the way."""
    work, run = folder / "browser", html / "run"
    for old in (work, run):
        shutil.rmtree(old, ignore_errors=True)
    jupyterlite(work, run, wheels(work / "wheels", root))
    configure(run / "jupyter-lite.json")
    index(run, notebooks.write(run / "files", root))


def wheels(folder, root):
    """The wheel of mmdl and those that Pyodide lacks. -> their paths"""
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    done = [*pip, "wheel", "--no-deps", "-w", folder, root]
    subprocess.run(list(map(str, done)), check=True)
    any_machine = [
        "--only-binary=:all:",
        "--platform=any",
        "--implementation=py",
        "--abi=none",
        "--python-version=3.12",
    ]
    listed = Path(__file__).with_name("wheels.txt")
    done = [*pip, "download", "--no-deps", *any_machine, "--require-hashes", "-d", folder, "-r", listed]
    subprocess.run(list(map(str, done)), check=True)
    return sorted(folder.glob("*.whl"))


def jupyterlite(work, run, wheels):
    """JupyterLite's notebook application with the kernel of Pyodide, and no other extension that is installed here."""
    kernel = next(
        each.locate().parent
        for each in importlib.metadata.files("jupyterlite-pyodide-kernel")
        if each.as_posix().endswith(f"{KERNEL}/package.json")
    )
    settings = {
        "LiteBuildConfig": {
            "lite_dir": str(work),
            "cache_dir": str(work / "cache"),
            "output_dir": str(run),
            "apps": ["notebooks", "tree"],
            "ignore_sys_prefix": ["federated_extensions"],
            "federated_extensions": [str(kernel)],
            "no_sourcemaps": True,
            "no_unused_shared_packages": True,
        },
        "PipliteAddon": {"piplite_urls": list(map(str, wheels))},
    }
    (work / "jupyter_lite_config.json").write_text(json.dumps(settings), encoding="utf-8")
    (work / "overrides.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
    command = [sys.executable, "-m", "jupyterlite_core", "build", "--config", "jupyter_lite_config.json"]
    done = subprocess.run(command, cwd=work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        sys.exit(f"JupyterLite was not built:\n{done.stdout}")


def configure(path):
    """Say where Pyodide is, and that packages come from there or from the site, and never from PyPI."""
    settings = json.loads(path.read_text(encoding="utf-8"))
    settings["jupyter-config-data"]["appUrl"] = "./tree"  # where the folder, and the sign at the top, lead
    plugins = settings["jupyter-config-data"]["litePluginSettings"]
    plugins[f"{KERNEL}:kernel"] |= {"pyodideUrl": f"{PYODIDE}pyodide.js", "disablePyPIFallback": True}
    path.write_text(json.dumps(settings, indent=1), encoding="utf-8")


def index(run, paths):
    """The lists of notebooks by folder, as the server of Jupyter would give them."""
    folders = {"": [_entry(path, "notebook") for path in paths if "/" not in path] + [_entry("exercises", "directory")]}
    folders["exercises"] = [_entry(path, "notebook") for path in paths if "/" in path]
    for folder, entries in folders.items():
        place = run / "api" / "contents" / folder
        place.mkdir(parents=True, exist_ok=True)
        listing = _entry(folder, "directory") | {"content": entries, "format": "json"}
        (place / "all.json").write_text(json.dumps(listing), encoding="utf-8")


def _entry(path, kind):
    now = datetime.now(UTC).isoformat()
    dates = {"created": now, "last_modified": now}
    unread = {"content": None, "format": None, "mimetype": None, "writable": True}
    return {"name": path.split("/")[-1], "path": path, "type": kind} | dates | unread
