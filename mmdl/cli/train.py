"""`mmdl train`: train a classifier of whatever modalities the data has, and keep what it learned."""

import sys
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from mmdl.cli import classify, ranks, write
from mmdl.cli.dataset import add_data_arguments
from mmdl.cli.learning import add_learning_arguments
from mmdl.cli.outcome import answers, draw, say, told, written
from mmdl.cli.parser import WhenShown, add_command, positive_number, visible, whole_number
from mmdl.cli.runs import CHECKPOINT, MODEL
from mmdl.cli.work import TASKS, begun, resumed

DESCRIPTION = """\
Train a classifier of images, text, sound or numbers, with gradients derived by
hand, and report its accuracy on unseen examples: with all modalities, and with
each modality alone.

The default data set, glyphs, needs no download: the characters of matplotlib's
fonts with the words of their Unicode names. `mmdl data` lists the others. To
train on your own data, pass a CSV file with one row per example, and name the
columns to learn from and the column of the class.

The model (model.npz), its history (history.json), what it says of every test
example (predictions.csv) and figures are written to a new folder; an existing
run is never overwritten. Ctrl-C stops early and keeps what has been learned;
--resume goes on with a training that was stopped or killed, and ends as if it
had not been. --init goes on with a trained model on more data, by default at a
third of the usual learning rate."""

EXAMPLES = """\
  mmdl train                              words and patches attend to each other
  mmdl train --fusion concatenate --seed 1
  mmdl train --data spoken-mnist --modalities image,audio
  mmdl train --data my.csv --image photo --text title --label kind
  mmdl train --data my.csv --text review --fusion sum --text-reader convolution
  mmdl train --data my.csv --image photo --augment flip,shift,mixup --patience 5
  mmdl train --data homes.csv --image photo --label price --task regression
  mmdl train --objective contrastive      pictures and names find each other
  mmdl train --objective write            names are written out, word by word
  mmdl train --objective write --decoder lstm --data numbers
  mmdl train --epochs 2 --out runs/short --json
  mmdl train --init runs/mine --data more.csv    fine-tune a trained model
  mmdl train --resume runs/short          go on after a stop, a kill or a crash"""


def add(commands):
    """Describe `mmdl train`."""
    parser = add_command(commands, run, "train", "train a classifier and save it", DESCRIPTION, EXAMPLES)
    add_data_arguments(parser)
    parser.add_argument(
        "--fusion",
        metavar="NAME",
        help=WhenShown(
            lambda: (
                f"how modalities become one: {fusions()} (default: {classify.FUSION}; {classify.OF_VECTORS} with "
                "--text-reader convolution)"
            )
        ),
    )
    parser.add_argument(
        "--objective",
        metavar="NAME",
        default="classify",
        help="what is learned: classify (the default), contrastive (to match modalities for `mmdl search`) or write",
    )
    parser.add_argument(
        "--task",
        choices=TASKS,
        default="classification",
        help="what --label holds: classes (classification, the default) or numbers (regression)",
    )
    parser.add_argument(
        "--decoder",
        metavar="NAME",
        help=f"what writes, with --objective write: {', '.join(write.RECIPES)} (default: {write.DECODER})",
    )
    parser.add_argument(
        "--seed",
        metavar="N",
        type=whole_number(0),
        default=0,
        help="the same gives the same model (default: 0)",
    )
    add_learning_arguments(parser)
    parser.add_argument("--out", metavar="DIR", help="folder to write to (default: runs/<date>-<fusion>)")
    parser.add_argument(
        "--init",
        metavar="MODEL",
        help="go on learning from a trained model, whose words, classes and columns are taken over",
    )
    parser.add_argument("--resume", metavar="DIR", help="go on with the training in this folder, as it was started")
    parser.add_argument(
        "--checkpoint-every",
        metavar="MINUTES",
        type=positive_number,
        default=1.0,
        help="minutes between checkpoints, beside the one after each epoch (default: 1)",
    )
    parser.add_argument(
        "--skip-bad-steps",
        action="store_true",
        help="leave out steps whose loss or gradient is not finite, and count them, instead of stopping",
    )
    parser.add_argument(
        "--ranks",
        metavar="N",
        type=whole_number(1),
        help="processes that share each batch, over MPI; `mpiexec -n N mmdl train` and srun start them as well",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object; all else goes to stderr")


def fusions():
    """The names of all fusions."""
    from mmdl.fusion import FUSIONS

    return ", ".join(FUSIONS)


def run(arguments):
    """Train, save, measure, draw, and report."""
    if (arguments.ranks or 1) > 1 and not ranks.inside():
        return ranks.start(arguments.ranks, arguments.argv)
    team, start = ranks.joined(arguments.ranks), time.perf_counter()
    try:
        work = ranks.agreed(team, lambda: resumed(arguments) if arguments.resume else begun(arguments))
        loading = time.perf_counter() - start
        with ExitStack() as held:
            folder = ranks.agreed(team, lambda: held.enter_context(work.folder) if team.first else Path())
            if team.first:
                ranks.note("folder", folder)
            results, figures = train(work, arguments, folder, team)
        if not team.first:
            return 0
        results["seconds"] = {"data": round(loading, 2), **results["seconds"]}
        return told(results, figures, work, arguments.json)
    finally:
        if team.first:
            ranks.note("end")


def train(work, arguments, folder, team):
    """The results as a dictionary, and the names of the figures; all that is kept is in the folder.

    Of several ranks the first has them.
    """
    from mmdl import tree
    from mmdl.errors import TrainingError
    from mmdl.training import Checkpoint, Progress, StopOnSignal, fitted

    recipe, path = work.recipe, folder / CHECKPOINT
    size = f"{tree.count(work.model):,} parameters"
    introduce(work, arguments, size)
    about = {"objective": arguments.objective, "asked": work.asked, "seed": work.seed, "recipe": asdict(recipe)}
    about["skip_bad_steps"] = arguments.skip_bad_steps
    start = time.perf_counter()
    with StopOnSignal() as stop:
        checkpoint = Checkpoint(path, arguments.checkpoint_every, about)
        training = recipe.training(work.model, work.dataset, work.rng, [Progress(), checkpoint, stop])
        training.skip_bad_steps, training.ranks = arguments.skip_bad_steps, team
        if work.saved is not None:
            work.saved.restore(training)
        try:
            with ranks.end_together(team):
                model, history, interrupted, skipped, kept = fitted(training.run())
        except TrainingError as error:
            if not team.first:
                raise
            if not checkpoint.holds_progress:
                path.unlink(missing_ok=True)
            there = f"; the last good checkpoint is {path}" if path.exists() else ""
            raise TrainingError(f"{error}{there}") from None
        if not team.first:
            return None, None
        seconds, epochs = time.perf_counter() - start, training.epoch

        chosen = {"kept_epoch": kept} if kept else {}
        extras = {**work.asked, "seed": work.seed, "recipe": asdict(recipe), "history": history, **chosen}
        failures = written(folder, model, extras)
        so_far = f"after {epochs} of {recipe.epochs} epochs; what was learned so far is in {folder}"
        try:
            stop.at_once = True
            if interrupted or stop.number is not None:
                raise KeyboardInterrupt
            found = work.objective.measure(model, work.dataset)
            answered = answers(work, model, folder, failures)
            figures = [*answered, *draw(folder, model, history, work.dataset.test, failures)]
            if not failures and not (folder / MODEL).exists():  # the folder was removed meanwhile
                failures += written(folder, model, extras)
        except KeyboardInterrupt:
            going_on = f"`mmdl train --resume {folder}` goes on" if path.exists() else ""
            sentence = "; ".join([*failures, going_on]) if failures or going_on else ""
            interruption = KeyboardInterrupt("; ".join(filter(None, [so_far, sentence])))
            interruption.code = 128 + (stop.number or 2)
            raise interruption from None
        if not failures:
            path.unlink(missing_ok=True)  # there is nothing left to go on with
    results = {
        **found,
        "seconds": {"train": round(seconds, 2)},
        "epochs": epochs,
        **chosen,
        "parameters": tree.count(model),
        "out": str(folder),
        "failures": failures,
    }
    return results | ({"skipped_steps": skipped} if arguments.skip_bad_steps else {}), figures


def introduce(work, arguments, size):
    """A few lines about what is about to happen."""
    from mmdl.data.table.report import counted

    recipe, stream = work.recipe, sys.stderr if arguments.json else sys.stdout
    lines = [*work.dataset.notes, *work.objective.introduction(arguments, work.dataset, size)]
    say(
        "\n".join(map(visible, lines)) + f", epochs {recipe.epochs}, batch size {recipe.batch_size}, seed {work.seed}",
        stream,
    )
    if work.saved is not None:
        place = work.saved.training
        say(f"going on after {counted(place['epoch'], 'epoch')} and {counted(place['step'], 'step')}", stream)
        for difference in work.saved.differences:
            say(f"mmdl: the checkpoint comes from elsewhere, so that bits may differ: {difference}", sys.stderr)
