"""What `mmdl train --task regression` does: a model that predicts a number, and how good its numbers are."""

from mmdl import strict_json
from mmdl.cli.classify import in_words, kept, key_of, settle_fusion, suggestion
from mmdl.cli.dataset import asked_for, is_own, sizes
from mmdl.cli.learning import model_settings
from mmdl.cli.parser import visible


def ask(arguments):
    """Which data, and how to learn from it; wrong names are found out before time is spent on the data."""
    settle_fusion(arguments)
    asked, settings = asked_for(arguments), model_settings(arguments)
    if not is_own(asked):
        arguments.wrong_usage(f"--task regression is for a CSV file, and {arguments.data} is none")
    asked["options"]["task"] = "regression"
    return asked, {"fusion": arguments.fusion} | ({"built": settings} if settings else {})


def recipe_of(arguments, dataset):
    """The recipe of the fusion, with the numbers that the data needs."""
    from mmdl.training.recipes import adapted
    from mmdl.training.regression import regression_recipe

    return adapted(regression_recipe(arguments.fusion), dataset, arguments.text_reader)


def model_of(rng, arguments, dataset):
    """A regressor that has learned nothing."""
    from mmdl.models import multimodal_regressor

    return multimodal_regressor(rng, dataset, arguments.fusion, **model_settings(arguments))


def introduction(arguments, dataset, size):
    """Two lines about what is about to happen."""
    return f"{dataset.name}: {sizes(dataset)}, to predict {dataset.scale.names[0]}", f"{arguments.fusion}: {size}"


def measure(model, dataset):
    """The scores on the test set, with all modalities, "all", and with every set of them alone."""
    return {"regression": scores(model, dataset.test, dataset.modalities)}


def answers(model, examples):
    """Of every example what is true and what the model says: names of columns, and rows"""
    from mmdl.training.regression import predicted_numbers

    said = predicted_numbers(model, examples)
    return ("truth", "prediction"), zip(examples.labels.tolist(), said.tolist(), strict=True)


def scores(model, examples, modalities):
    """By set of modalities, the largest first."""
    from mmdl.training.regression import evaluate_regression_subsets

    found = evaluate_regression_subsets(model, examples)
    largest_first = [subset for subset in sorted(found, key=len, reverse=True) if {*subset} <= {*modalities}]
    return {key_of(subset, modalities): found[subset] for subset in largest_first}


def report(results, files, dataset, asked):
    """The results for a reader."""
    print(f"\ntrained for {results['seconds']['train']:.1f} s{kept(results)}; on the test set")
    table(results["regression"])
    print(f"\nwritten to {results['out']}: {', '.join(files)}")
    print(f"try: {visible(suggestion(results['out'], dataset, asked))}")


def table(found):
    """R² and errors, a row for each set of modalities."""
    words = {key: in_words(key) for key in found}
    width = max(map(len, words.values()))
    print(f"  {'':{width}}      R²  mean squared error  mean absolute error")
    for key, each in found.items():
        r2 = f"{each['r2']:6.3f}" if "r2" in each else "     –"
        print(f"  {words[key]:{width}}  {r2}  {each['mean_squared_error']:18.5g}  {each['mean_absolute_error']:19.5g}")
    if len(found) and "r2" in next(iter(found.values())):
        print("R² is 1 if every number is right, and 0 for who always says the mean")


def answer(model, batch, arguments):
    """Print the number for one question."""
    from mmdl.models.answers import answered

    [number] = answered(lambda: model.predict(batch)).tolist()
    name = model.number
    print(strict_json.written({"name": name, "number": number}) if arguments.json else f"{visible(name)} {number:.6g}")
    return 0


def evaluate(model, examples, arguments, out):
    """Print how good the numbers are for these examples, and draw them."""
    from mmdl.data.table.report import counted
    from mmdl.plots import RegressionDisplay

    seen = [name for name, present in examples.present.items() if present.any()]
    found = scores(model, examples, seen)
    figure = RegressionDisplay.from_model(model, examples).plot().save(out)
    if arguments.json:
        print(strict_json.written({"examples": len(examples), "regression": found, "figure": str(figure)}))
        return 0
    print(counted(len(examples), "example"))
    table(found)
    print(f"\nwritten to {figure}")
    return 0
