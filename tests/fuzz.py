"""Feed a reader inputs that libFuzzer makes up, and print every way in which it fails that is not ours.

pip install atheris                  for Linux; nothing else here needs it
python -m tests.fuzz wav 5000000     one of the READERS, and how many inputs

Only our errors may come out, no input under 1 kB may take 64 MiB, and nothing but the file itself may be opened. The
file lies in memory, so that a million inputs take minutes. A failure does not end the search; each kind is told once.
"""

import collections
import contextlib
import gzip
import importlib
import io
import os
import re
import sys
import tempfile
import time
import traceback
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import atheris
import numpy as np

for each in ("mmdl.fusion", "matplotlib.figure", "scipy.signal"):  # and what is below them: their branches tell nothing
    importlib.import_module(each)
with atheris.instrument_imports(include=["mmdl", "tarfile", "zipfile"]):
    from mmdl.data.files.archive import read_archive
    from mmdl.data.files.idx import read_idx
    from mmdl.data.files.wav import read_wav
    from mmdl.data.table.rows import read_rows
    from mmdl.errors import DataError, FormatError, ShapeError
    from mmdl.training import load
    from tests.data.test_fuzz import idx, tar, wav
    from tests.edited_models import Edits, answer, question, small_dataset, small_models, smallest_file
    from tests.memory import peak

MOST = 64 << 20  # bytes for an input under 1 kB
MEASURED = 64  # of so many inputs the memory of one is measured exactly, which takes time; of all others, how it grows
FORBIDDEN = ("open", "os.", "shutil.", "subprocess.", "socket.", "import", "pickle.", "marshal.", "exec", "ctypes.")


class Memory:
    """A file that has a path, and no place on a disk."""

    def __init__(self):
        self.descriptor = os.memfd_create("input")
        self.path = f"/proc/self/fd/{self.descriptor}"

    def holds(self, content):
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, content, 0)
        return self.path


class Watch:
    """Notes which other paths are opened, and what else is done that no reader should do, while an input is read."""

    def __init__(self):
        self.at_work, self.seen = False, []
        sys.addaudithook(self)

    def __call__(self, event, arguments):
        if self.at_work and event.startswith(FORBIDDEN) and not _is_input(*arguments[:1]):
            self.seen.append(f"{event} {arguments[:1]}")


def _is_input(path=None):
    return isinstance(path, int) or str(path).startswith("/proc/self/fd/")


class Search:
    """Runs a reader on one input after another, and counts what comes of them."""

    def __init__(self, name, read, last):
        self.name, self.read, self.last, self.watch = name, read, last, Watch()
        self.counts, self.kinds, self.begun = collections.Counter(), set(), time.process_time()
        self.recent, self.most = [], peak()

    def __call__(self, content):
        self.counts["inputs"] += 1
        if failure := self.failure_of(content):
            self.found(failure, content)
        for other in self.watch.seen:
            self.found(f"touches {other}", content)
        self.watch.seen.clear()
        self.recent.append(content)
        if len(self.recent) == MEASURED or self.counts["inputs"] == self.last:
            self.measure()
        if self.counts["inputs"] in {1000, self.last} or self.counts["inputs"] % 10_000 == 0:
            self.report()

    def measure(self):
        """Measure the memory of one input exactly; of all since the last time, if the process has grown."""
        grown, self.most = peak() - self.most, peak()
        for content in self.recent if grown > MOST // 2 else self.recent[:1]:
            counted = self.counts.copy()
            tracemalloc.start()
            self.failure_of(content)
            taken, self.counts = tracemalloc.get_traced_memory()[1], counted
            tracemalloc.stop()
            if taken > MOST and len(content) < 1000:
                self.found("takes much memory", content)
        self.recent.clear()
        self.watch.seen.clear()

    def failure_of(self, content):
        """What the reader does wrong, or None"""
        self.watch.at_work = True
        try:
            self.read(content)
        except (DataError, FormatError, ShapeError) as mistake:
            self.counts["refused"] += 1
            short = len(str(mistake)) <= 500 and str(mistake).isprintable()
            return None if short else f"says {str(mistake)[:100]!r}"
        except Exception as mistake:
            self.watch.at_work = False
            last = traceback.extract_tb(mistake.__traceback__)[-1]
            return f"{type(mistake).__name__} at {last.filename}:{last.lineno}\n{traceback.format_exc(-6)}"
        else:
            self.counts["read"] += 1
            return None
        finally:
            self.watch.at_work = False

    def found(self, what, content):
        self.counts["failures"] += 1
        kind, _, more = what.partition("\n")
        if kind not in self.kinds:
            self.kinds.add(kind)
            print(f"{self.name}: {kind}: {content[:2000]!r}\n{more}", flush=True)

    def report(self):
        seconds = time.process_time() - self.begun
        counts = ", ".join(f"{count:,} {what}" for what, count in self.counts.items())
        print(f"{self.name}: {counts}, {len(self.kinds)} kinds of failure, {seconds:,.0f} CPU seconds", flush=True)


def packed(content):
    """A packed archive as it is; the bytes of another in a packing whose checksum is right."""
    return content if content[:2] == b"\x1f\x8b" else gzip.compress(content, 0, mtime=0)


def read_tar(path):
    return read_archive(path, re.compile(r"\w\.wav"))


def bytes_reader(read, *seeds, change=bytes):
    """A function of bytes, which become a file, changed or as they are; and what the search begins with."""
    file = Memory()
    return lambda content: read(file.holds(change(content))), seeds


def manifest_reader():
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        dataset, picture, sound = small_dataset(folder), Memory(), Memory()
        picture.holds((folder / "0.png").read_bytes())
        sound.holds((folder / "0.wav").read_bytes())
    edits = Edits(small_models(dataset))

    def read(content):
        data = atheris.FuzzedDataProvider(content)

        def choose(count):
            return data.ConsumeIntInRange(0, count - 1)

        answer(*edits(choose), question(picture.path, sound.path, dataset, choose))

    for number in range(len(edits.texts)):
        answer(*edits.unchanged(number), question(picture.path, sound.path, dataset, lambda count: count - 1))
    return read, [bytes(range(1, 60))]


def model_reader():
    with tempfile.TemporaryDirectory() as place:
        return bytes_reader(load, smallest_file(Path(place) / "model"))


def members_reader():
    """A manifest and arrays that are changed before they become an archive, whose own checksums are right then."""
    with (
        tempfile.TemporaryDirectory() as place,
        zipfile.ZipFile(io.BytesIO(smallest_file(Path(place) / "model"))) as file,
    ):
        names = file.namelist()
        seed = BETWEEN.join(file.read(name) for name in names)

    def archive(content):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as file:
            for name, each in zip(names, content.split(BETWEEN), strict=False):
                file.writestr(zipfile.ZipInfo(name), each)
        return stream.getvalue()

    return bytes_reader(load, seed, change=archive)


BETWEEN = b"\n|\n"
ENCODINGS = "utf-16", "utf-16-be", "utf-16-le"
READERS = {
    "wav": lambda: bytes_reader(read_wav, wav(), wav(np.uint8), wav(np.float32)),
    "idx": lambda: bytes_reader(lambda path: read_idx(path, (None, None)), idx(), packed(idx())),
    "tar": lambda: bytes_reader(read_tar, gzip.decompress(tar()), tar(), change=packed),
    "csv": lambda: bytes_reader(lambda path: read_rows(path, ["a", "b"]), *TABLES),
    "model": model_reader,
    "members": members_reader,
    "manifest": manifest_reader,
}
TABLES = (
    b'a,b\n1,"x,\ny"\n2,z\n',
    "\ufeffsep=;\r\na;b\r\n1,5;\u00fc\r\n".encode(),
    *("a\tb\n1\t2\n".encode(each) for each in ENCODINGS),
)


def main(name, count, *options):
    warnings.simplefilter("error")  # a reader has nothing to say beside its sentence
    read, seeds = READERS[name]()
    for seed in seeds:  # what is imported when it is first used is imported now
        with contextlib.suppress(DataError):
            read(seed)
    folder = Path(tempfile.mkdtemp())
    for number, seed in enumerate(seeds):
        (folder / f"{number}").write_bytes(seed)
    files = ",".join(str(path) for path in folder.iterdir())
    settings = [
        f"-runs={count}",
        f"-seed_inputs={files}",
        "-max_len=1500",
        "-len_control=0",
        "-timeout=60",
        "-verbosity=0",
    ]
    atheris.Setup([sys.argv[0], *settings, *options], Search(name, read, int(count)))
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
