"""Build the site: `python docs/build.py [FOLDER]`, with the extra `docs` installed and npm for MathJax.

The lessons' pages show the figures of the repository. With --run each lesson is run as well, and what it prints is
shown (three minutes more); without, nothing is run again that the test suite runs already. Warnings are errors. The
pages ask no other host for anything: MathJax is taken from its npm package, which is checked by its hash. Only the
notebooks that a reader opens to run a lesson load Python from a CDN (see docs/browser/site.py).
"""

import argparse
import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from docs.browser import site  # noqa: E402
from docs.pages import diagrams, gallery, glossary, lessons, reference, symbols  # noqa: E402

MATHJAX = "mathjax@3.2.2"
HASH = "Bt+SSVU8eBG27zChVewOicYs7Xsdt40qm4+UpHyX7k0/O9NliPc+x77k1/FEsPsjKPZGJvtRZM1vO+geW0OhGw=="


def main():
    """Write all pages as Markdown, and let Sphinx make HTML of them."""
    parser = argparse.ArgumentParser(description="Build the site.")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "docs" / "_build", help="default: docs/_build")
    parser.add_argument("--run", action="store_true", help="run the lessons, and show what they print")
    arguments = parser.parse_args()
    source, html = arguments.folder / "source", arguments.folder / "html"
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    for name in ("conf.py", "index.md", "static"):
        copy = shutil.copytree if (ROOT / "docs" / name).is_dir() else shutil.copy
        copy(ROOT / "docs" / name, source / name)
    mathjax(arguments.folder, source / "static")
    lessons.write(source, ROOT, arguments.run)
    diagrams.write(source / "diagrams")
    gallery.write(source, ROOT)
    glossary.write(source, ROOT)
    symbols.write(source)
    reference.write(source)
    for name in ("CONTRIBUTING.md", "CHANGELOG.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        (source / name.lower()).write_text(text, encoding="utf-8")
    sphinx = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-j", "2", "-b", "html", source, html]
    if failed := subprocess.run(list(map(str, sphinx)), check=False).returncode:
        sys.exit(failed)
    site.build(arguments.folder, html, ROOT)


def mathjax(folder, static):
    """MathJax in one file, from its npm package."""
    archive = folder / "mathjax-3.2.2.tgz"
    if not archive.exists():
        subprocess.run(["npm", "pack", "--silent", MATHJAX], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != HASH:
        sys.exit(f"{archive}: the hash is {found}, and should be {HASH}")
    with tarfile.open(archive) as packed:
        (static / "mathjax.js").write_bytes(packed.extractfile("package/es5/tex-svg.js").read())


if __name__ == "__main__":
    main()
