"""`mmdl data`: what data there is, a page of examples of it, and downloads."""

import os
import sys
import textwrap

from mmdl.cli.as_json import add_json, print_json
from mmdl.cli.parser import add_command, visible, whole_number
from mmdl.terminal import progress_bar

DESCRIPTION = """\
List the data sets with their modalities, the size of the download, and whether
they are on this machine. Downloads are kept in ~/.cache/mmdl, or in the folder
that the environment variable MMDL_DATA names."""

EXAMPLES = """\
  mmdl data
  mmdl data show glyphs
  mmdl data fetch mnist"""

SHOW = """\
Draw a page of examples that a model would be trained on, save it as a PNG file,
and print where: every modality of each, and its class."""

SHOW_EXAMPLES = """\
  mmdl data show glyphs
  mmdl data show mnist --seed 1 --out digits.png"""

FETCH = """\
Download the files of a dataset, compare their checksums with the published
ones, and print where they are. A file that is there and whole is left alone."""

FETCH_EXAMPLES = """\
  mmdl data fetch mnist
  mmdl data fetch all"""

WIDTH = 80


def add(commands):
    """Describe `mmdl data`."""
    parser = add_command(commands, run, "data", "list, show and fetch datasets", DESCRIPTION, EXAMPLES)
    add_json(parser)
    actions = parser.add_subparsers(title="instead of the list", metavar="ACTION")
    shown = add_command(actions, show, "show", "draw a page of examples", SHOW, SHOW_EXAMPLES)
    shown.add_argument("name", metavar="NAME", help="of a dataset, as `mmdl data` lists it")
    shown.add_argument("--out", metavar="FILE.png", help="file to write (default: NAME.png)")
    shown.add_argument("--seed", metavar="N", type=whole_number(0), default=0, help="other examples (default: 0)")
    fetched = add_command(actions, fetch, "fetch", "download a dataset", FETCH, FETCH_EXAMPLES)
    fetched.add_argument("name", metavar="NAME", help="of a dataset, or all")


def run(arguments):
    """Print the table."""
    from mmdl.data import DATASETS
    from mmdl.data.files.fetch import data_folder

    if arguments.json:
        print_json(folder=str(data_folder()), datasets=[fields(*each) for each in DATASETS.items()])
        return 0
    rows = [("dataset", "modalities", "MB", "on this machine")]
    rows += [(name, ", ".join(source.modalities), size(source), here(source)) for name, source in DATASETS.items()]
    names, modalities, sizes, _ = (max(map(len, column)) for column in zip(*rows, strict=True))
    about = ["", *([source.about, f"licence: {source.licence}"] for source in DATASETS.values())]
    for row, lines in zip(rows, about, strict=True):
        print(f"{row[0]:{names}}  {row[1]:{modalities}}  {row[2]:>{sizes}}  {row[3]}")
        for line in lines:
            print(textwrap.fill(line, WIDTH, initial_indent="  ", subsequent_indent="    "))
    print(f"\ndownloads lie in {data_folder()}")
    return 0


def fields(name, source):
    """A dataset for other programs."""
    length = sum(download.bytes for download in source.downloads)
    found = {"name": name, "modalities": list(source.modalities), "bytes": length, "here": here(source)}
    return found | {"about": source.about, "licence": source.licence}


def show(arguments):
    """Draw, save, print the path."""
    import numpy as np

    from mmdl import data, plots

    dataset = data.load(arguments.name)
    for note in dataset.notes:
        print(f"mmdl: {visible(note)}", file=sys.stderr)
    display = plots.ExamplesDisplay.from_dataset(dataset, np.random.default_rng(arguments.seed))
    print(display.save(arguments.out or f"{arguments.name}.png"))
    return 0


def fetch(arguments):
    """Download what is not there yet, and print a line for each file; all datasets are tried before one complains."""
    from mmdl import data
    from mmdl.errors import DataError

    failures = {}
    for name in data.DATASETS if arguments.name == "all" else [arguments.name]:
        downloads = data.source(name).downloads
        if not downloads:
            print(f"{name} is made on this machine, and needs no download")
        try:
            for download in downloads:
                print(brought(download), flush=True)
        except DataError as failure:
            failures[name] = failure
    if failures:
        raise DataError(f"{', '.join(failures)}: {next(iter(failures.values()))}")
    return 0


def brought(download):
    """Fetch one file with a progress bar.  -> its path, and whether it had been there"""
    from mmdl.data.files.fetch import fetch, is_whole, place

    path = place(download)
    if is_whole(download):
        return f"{path} is here already"
    settings = {"unit": "B", "unit_scale": True, "leave": False, "disable": None}  # None: only on a terminal
    with progress_bar(desc=path.name, total=download.bytes, **settings) as bar:
        return f"{fetch(download, lambda count: bar.update(count - bar.n))} is fetched"


def size(source):
    """The megabytes of a download, to one decimal."""
    return f"{sum(download.bytes for download in source.downloads) / 1e6:.1f}" if source.downloads else "-"


def here(source):
    """Whether the files of a dataset are on this machine, in a word or two."""
    from mmdl.data.files.fetch import place

    found = [os.path.isfile(place(download)) for download in source.downloads]
    if not all(found):
        return f"{sum(found)} of {len(found)} files" if any(found) else "no"
    return "yes" if found else "made here"
