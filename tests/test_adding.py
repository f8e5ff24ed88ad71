"""What CONTRIBUTING says of new things is true: in a copy of the project these files are touched, and no others."""

import json
import re

from tests.overlay import ROOT, Overlay

OP = {
    "mmdl/formulas/activations.py": """

        def square(x):
            return np.array([value * value for value in x])
    """,
    "mmdl/ops/activations.py": """

        @shapes
        def square(x: Annotated[Array, "..."]) -> Array:
            return x * x


        @shapes
        def square_backward(dy: Annotated[Array, "*"], x: Annotated[Array, "*"]) -> Array:
            return 2 * x * dy
    """,
    "mmdl/verify/catalogue/activations.py": """
        from mmdl.ops.activations import square

        ENTRIES += (_activation(square),)
    """,
}
LAYER = """
    from dataclasses import dataclass

    from mmdl.layers.layer import Layer


    @dataclass(frozen=True, eq=False)
    class Square(Layer):
        def forward(self, x):
            return x * x, x

        def backward(self, dy, x, input_gradient=True):
            return 2 * x * dy, self
"""
FUSION = """
    from dataclasses import dataclass

    from mmdl.fusion.fusion import register
    from mmdl.fusion.vectors import Projected
    from mmdl.ops.fusion.vectors import sum_of_squares, sum_of_squares_backward


    @register("made-up", takes="vectors", recipe={"epochs": 2})
    @dataclass(frozen=True, eq=False)
    class MadeUp(Projected):
        combine = staticmethod(sum_of_squares)
        combine_backward = staticmethod(sum_of_squares_backward)
"""
ITS_OP_AND_CASE = {
    "mmdl/formulas/fusion/vectors.py": """

        def sum_of_squares(features):
            return np.array([sum(x[d] ** 2 for x in features) for d in range(len(features[0]))])
    """,
    "mmdl/ops/fusion/vectors.py": """

        @shapes
        def sum_of_squares(features: Annotated[Arrays, "M>0 of N D"]) -> Array:
            return sum(x * x for x in features)


        @shapes
        def sum_of_squares_backward(dy: Annotated[Array, "N D"], features: Annotated[Arrays, "M>0 of N D"]) -> Arrays:
            return tuple(2 * x * np.broadcast_to(dy, x.shape) for x in features)
    """,
    "mmdl/verify/catalogue/fusion/vectors.py": """
        from mmdl.ops.fusion.vectors import sum_of_squares

        ENTRIES += (_features(sum_of_squares, lambda draws: {"features": draws.modalities("N D")[:1]}, commutes),)
    """,
    "tests/fusion/cases.py": """

        CASES["made-up"] = lambda rng: (of("made-up", rng, 2, 5), vectors(rng, 2, 5))
    """,
}
MADE_UP_DATA_SET = """
    import numpy as np

    from mmdl.data.dataset import Dataset, Examples
    from mmdl.data.preprocessors.numbers import Standardizer
    from mmdl.data.registry import Source

    def load():
        x = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
        splits = np.split(np.arange(300), [200, 250])
        sets = [Examples({"place": x[rows]}, (x[rows, 0] > 0).astype(int)) for rows in splits]
        return Dataset("made-up", ("left", "right"), *sets, preprocessors={"place": Standardizer.fit(x)})

    SOURCE = Source(load, ("place",), "which side of a line", "free")
"""


def files(kind, name, file=None):
    """The files that CONTRIBUTING's table names for a new thing of this kind."""
    rows = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()
    [row] = [row for row in rows if row.startswith(f"| {kind} |")]
    meant = {"NAME": name, "FILE": file}
    return {re.sub("NAME|FILE", lambda found: meant[found[0]], path) for path in re.findall("`(.+?)`", row)}


def test_an_op(tmp_path):
    """Its loops, its function with the backward pass beside it, and its line in the catalogue: `mmdl verify` has it."""
    project = Overlay(tmp_path, {}, appended=OP)
    assert set(project.touched) == files("op", "square", "activations")
    assert "square" in project.run("mmdl", "verify", "square").stdout
    (tmp_path / "wrong").mkdir()
    wrong = {name: text.replace("2 * x * dy", "3 * x * dy") for name, text in OP.items()}
    assert Overlay(tmp_path / "wrong", {}, appended=wrong).run("mmdl", "verify", "square", check=False).returncode == 1


def test_a_layer(tmp_path):
    """Its file, its export and a case: the suite's questions to every layer are put to it, and model files hold it."""
    project = Overlay(
        tmp_path,
        {"mmdl/layers/square.py": LAYER},
        appended={
            "mmdl/layers/__init__.py": """
                from mmdl.layers.square import Square

                __all__ += ["Square"]
            """,
            "tests/layers/cases.py": """
                from mmdl.layers import Square

                CASES["square"] = lambda rng: (Square(), vectors(rng))
            """,
        },
    )
    assert set(project.touched) == files("layer", "square")
    assert " passed" in project.run("pytest", "tests/layers/test_layer.py", "-k", "square").stdout
    program = "from mmdl import layers, training as t; t.save('m.npz', layers.Square()); print(t.load('m.npz'))"
    assert "Square" in project.run("python", "-c", program).stdout


def test_a_fusion(tmp_path):
    """Its loops, its op and its class make it known to the help, the recipes, the builder and model files."""
    project = Overlay(tmp_path, {"mmdl/fusion/made_up.py": FUSION}, appended=ITS_OP_AND_CASE)
    assert set(project.touched) == files("fusion", "made_up", "vectors")
    assert "sum_of_squares" in project.run("mmdl", "verify", "sum_of_squares").stdout
    assert " passed" in project.run("pytest", "tests/fusion/test_every_fusion.py", "-k", "made-up").stdout
    assert "made-up" in project.run("mmdl", "train", "--help").stdout
    trained = project.run("mmdl", "train", "--fusion", "made-up", "--data", "interactions", "--out", "run", "--json")
    assert json.loads(trained.stdout)["epochs"] == 2
    project.run("mmdl", "plot", "confusion", "run")


def test_a_data_set(tmp_path):
    """One file makes it known to the list, to the help, to error messages, and to all that is done with data."""
    project = Overlay(tmp_path, {"mmdl/data/sources/made_up.py": MADE_UP_DATA_SET})
    assert set(project.touched) == files("data set", "made_up")
    assert "which side of a line" in project.run("mmdl", "data").stdout
    assert "made-up" in project.run("mmdl", "train", "--help").stdout
    assert "made-up" in project.run("mmdl", "train", "--data", "unheard-of", check=False).stderr
    trained = project.run("mmdl", "train", "--data", "made-up", "--epochs", "5", "--out", "run", "--json")
    assert json.loads(trained.stdout)["accuracy"]["all"] > 0.9
    project.run("mmdl", "plot", "confusion", "run")


STORY = """
    # %% [markdown]
    # # 90 Halves
    #
    # **Question.** What is half of it?
    #
    # Needs: lesson 00; about 1 s.
    #
    # A softmax of two equal scores is a half each.

    # %%
    from mmdl.plots.lessons.lesson_90_halves import draw

    print("drawn:", draw(0.5))
"""
EXERCISE = """
    \"\"\"Exercises of lesson 90: halves.\"\"\"

    import numpy as np


    def softmax(s):
        \"\"\"p = e^s / Σ e^s along the last axis\"\"\"
        raise NotImplementedError
"""
TEACHER = """
    \"\"\"Lesson 90: halves.\"\"\"

    from mmdl.check.teachers.lesson_04_softmax_and_loss import SOFTMAX

    EXERCISES = (SOFTMAX,)
    MISTAKES = []
"""
DRAWING = """
    \"\"\"The drawing of lesson 90.\"\"\"


    def draw(share):
        return share
"""


def test_a_lesson(tmp_path):
    """Story, exercises, drawing and teacher with one name: the list has it, it runs, and its exercises are graded."""
    project = Overlay(
        tmp_path,
        {
            "lessons/90_halves.py": STORY,
            "lessons/exercises/90_halves.py": EXERCISE,
            "mmdl/plots/lessons/lesson_90_halves.py": DRAWING,
            "mmdl/check/teachers/lesson_90_halves.py": TEACHER,
        },
    )
    assert {path.replace("90_halves", "NAME") for path in project.touched} == files("lesson", "NAME")
    assert "What is half of it?" in project.run("mmdl", "lesson").stdout
    assert "drawn: 0.5" in project.run("mmdl", "lesson", "90").stdout
    project.run("mmdl", "check", "--new", "90")
    file = project.folder / "90_halves.py"
    assert project.run("mmdl", "check", "90_halves.py", check=False).returncode == 1
    right = "e = np.exp(s - s.max(axis=-1, keepdims=True))\n    return e / e.sum(axis=-1, keepdims=True)"
    file.write_text(file.read_text(encoding="utf-8").replace("raise NotImplementedError", right), encoding="utf-8")
    project.run("mmdl", "check", "90_halves.py")
