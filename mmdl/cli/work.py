"""What `mmdl train` is about to do: from its arguments, from a model that goes on learning, or from a checkpoint."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

from mmdl.cli import classify, contrastive, regress, write
from mmdl.cli.dataset import COLUMNS, SHARES, dataset_of
from mmdl.cli.learning import OF_MODELS, demand_sense, recipe_numbers
from mmdl.cli.runs import NETWORKS, checkpoint_file, load_model, new_run, old_run
from mmdl.cli.told import checked

OBJECTIVES = {"classify": classify, "contrastive": contrastive, "write": write}
TASKS = {"classification": classify, "regression": regress}  # of the objective classify: what --label holds
NOT_SETTLED = ("resume", "json", "checkpoint_every", "ranks", "run", "wrong_usage", "argv")  # when training begins
GENTLE = 1 / 3  # of the learning rate, for a model that has learned already
SETTLED = ("objective", "decoder", "modalities", "image_size", "text_length", "text_unit", "sound_seconds", *OF_MODELS)
KEPT = ("image", "text", "audio", "numbers", "label", "decimal", "thousands", "keep_na")  # from a model's training


@dataclass
class Work:
    """A training that is to be run, from its start or from a checkpoint."""

    objective: ModuleType
    asked: dict  # which data, and how to learn from it
    dataset: object
    recipe: object
    seed: int
    model: object
    rng: object
    folder: AbstractContextManager
    saved: object = None  # the checkpoint


def begun(arguments):
    """A training from its start, or from a trained model."""
    import numpy as np

    from mmdl.errors import DataError

    if arguments.objective not in OBJECTIVES:
        raise DataError(f'there is no objective "{arguments.objective}"; there are {", ".join(OBJECTIVES)}')
    if arguments.task != "classification" and arguments.objective != "classify":
        arguments.wrong_usage(f"--task is for classifiers, not for --objective {arguments.objective}")
    initial = taken_over(arguments) if arguments.init else None
    objective = objective_of(arguments)
    demand_sense(arguments)
    asked, how = objective.ask(arguments)
    if initial is not None:
        asked["init"] = str(Path(arguments.init).absolute())
    dataset, rng = dataset_of(asked, initial), np.random.default_rng(arguments.seed)
    recipe = recipe_of(objective, arguments, dataset)
    model = objective.model_of(rng, arguments, dataset) if initial is None else initial
    folder = new_run(arguments.out, next(iter(how.values())))
    return Work(objective, asked | how, dataset, recipe, arguments.seed, model, rng, folder)


def taken_over(arguments):
    """The model of --init; how it was built and, if no column is named, its columns become arguments."""
    from mmdl.errors import DataError

    parser = arguments.wrong_usage.__self__
    for name in ("fusion", *SETTLED):
        if getattr(arguments, name) != parser.get_default(name):
            option = {"text_unit": "unit"}.get(name, name).replace("_", "-")
            arguments.wrong_usage(f"--{option} was settled when the model of --init was built: leave it out")
    model, extras, file = load_model(arguments.init)
    if type(model).__name__ not in NETWORKS:
        raise DataError(f"--init goes on with models of classes or numbers, and that of {file} was trained otherwise")
    arguments.fusion = extras.get("fusion", classify.FUSION)
    arguments.task = "regression" if type(model).__name__ == "MultimodalRegressor" else "classification"
    for name, value in extras.get("built", {}).items():
        setattr(arguments, name, value)
    kept = KEPT if arguments.data else (*KEPT, *SHARES)
    arguments.data = arguments.data or extras.get("data")
    if all(getattr(arguments, name) is None for name in COLUMNS[:4]):
        for name, value in extras.get("options", {}).items():
            if name in kept and getattr(arguments, name) is None:
                setattr(arguments, name, value)
    return model


def objective_of(arguments):
    """The module of what is learned."""
    return TASKS[arguments.task] if arguments.objective == "classify" else OBJECTIVES[arguments.objective]


def recipe_of(objective, arguments, dataset):
    """The objective's recipe, with the numbers that were given in place of its own."""
    recipe = objective.recipe_of(arguments, dataset)
    gentle = {"learning_rate": recipe.learning_rate * GENTLE} if arguments.init else {}
    return replace(recipe, **gentle | recipe_numbers(arguments))


def resumed(arguments):
    """A training from its checkpoint. All but --json, --ranks and --checkpoint-every stands in that."""
    import numpy as np

    from mmdl.training import load_checkpoint
    from mmdl.training.archive import in_a_sentence

    parser = arguments.wrong_usage.__self__
    for name, value in vars(arguments).items():
        if name not in NOT_SETTLED and value != parser.get_default(name):
            arguments.wrong_usage(f"--{name.replace('_', '-')} was settled when training began: leave it out")
    path = checkpoint_file(arguments.resume)
    folder = old_run(path.parent)
    saved = load_checkpoint(path)
    about = saved.about
    with in_a_sentence(path, "checkpoint"):
        asked = checked(about["asked"])
        arguments.objective, arguments.fusion = about["objective"], asked.get("fusion", classify.FUSION)
        arguments.decoder, arguments.skip_bad_steps = asked.get("decoder"), about["skip_bad_steps"]
        arguments.task = asked.get("options", {}).get("task", "classification")
        objective, rng = objective_of(arguments), np.random.default_rng(about["seed"])
    dataset = dataset_of(about["asked"], saved.model)
    with in_a_sentence(path, "checkpoint"):
        recipe = replace(objective.recipe_of(arguments, dataset), **about["recipe"])
    return Work(objective, about["asked"], dataset, recipe, about["seed"], saved.model, rng, folder, saved)
