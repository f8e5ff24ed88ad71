"""A copy of the whole project to which files are added, tried from the command line as a reader would.

    project = Overlay(tmp_path, {"mmdl/fusion/maximum.py": SOURCE, ...})
    done = project.run("mmdl", "train", "--fusion", "maximum")

What CONTRIBUTING says must be touched is given; everything else stays as it is, so the list is proven.
"""

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[1]
COPIED = ("mmdl", "lessons", "tests", "figures", "pyproject.toml", "README.md", "CONTRIBUTING.md")


class Overlay:
    """The copy in `folder`, with `files` added, or with lines appended to files that are there already.

    Parameters
    ----------
    folder : Path
    files : dict of str to str
        Whole new files, by their path in the project; an AssertionError if one exists.
    appended : dict of str to str
        Text to add to the end of existing files.
    replaced : dict of str to (str, str)
        In an existing file, the first text becomes the second; it must be there once.
    """

    def __init__(self, folder, files, appended=None, replaced=None):
        self.folder = Path(folder) / "project"
        self.touched = [*files, *(appended or {}), *(replaced or {})]
        self.folder.mkdir()
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, self.folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.gif"))
            elif source.exists():
                shutil.copy(source, self.folder / name)
        for name, text in files.items():
            path = self.folder / name
            assert not path.exists(), f"{name} is in the project already"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")
        for name, text in (appended or {}).items():
            path = self.folder / name
            path.write_text(path.read_text(encoding="utf-8") + textwrap.dedent(text), encoding="utf-8")
        for name, (old, new) in (replaced or {}).items():
            path = self.folder / name
            text = path.read_text(encoding="utf-8")
            assert text.count(old) == 1, f"{name} has {old!r} {text.count(old)} times"
            path.write_text(text.replace(old, new), encoding="utf-8")

    def run(self, *command, timeout=300, check=True):
        """Run `mmdl ...`, `pytest ...` or `python ...` on the copy.  -> CompletedProcess with text"""
        program, *arguments = command
        modules = {"mmdl": ["-m", "mmdl"], "pytest": ["-m", "pytest", "-q", "-p", "no:cacheprovider"], "python": []}
        done = subprocess.run(
            [sys.executable, *modules[program], *arguments],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(self.folder), "MPLBACKEND": "agg"},
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        assert not check or done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done
