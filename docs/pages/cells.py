"""What each cell of code of a lesson prints."""

import io
import json
import os
import subprocess
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

from mmdl.curriculum import Cell as Cell
from mmdl.curriculum import cells_of


def printed_by(path):
    """What every cell of code of a lesson prints, in their order: the lesson is run in a process of its own."""
    with tempfile.TemporaryDirectory() as figures:
        done = subprocess.run(
            [sys.executable, "-m", "docs.pages.cells", str(path)],
            env=os.environ | {"CI": "true", "MMDL_FIGURES": figures, "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            cwd=Path(__file__).parents[2],
        )
    return json.loads(done.stdout.splitlines()[-1])


def run(path):
    """Run the cells of code, one after the other, and print as JSON what each of them printed."""
    names, printed = {"__name__": "__main__", "__file__": str(path)}, []
    for cell in cells_of(path):
        if not cell.is_prose:
            with redirect_stdout(io.StringIO()) as out:
                exec(compile(cell.text, str(path), "exec"), names)
            printed.append(out.getvalue())
    print(json.dumps(printed))


if __name__ == "__main__":
    run(Path(sys.argv[1]))
