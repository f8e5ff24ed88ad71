"""The scikit-learn face: scikit-learn's own checks, its tools around it, and tables of every kind."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from mmdl.errors import DataError
from mmdl.estimator import MultimodalClassifier, MultimodalRegressor


def things(count=60):
    """Balls and boxes: the picture tells one half of them apart, the title the other, and weight a little."""
    rng = np.random.default_rng(0)
    kinds = rng.integers(2, size=count)
    pictures, titles = [], []
    for n, kind in enumerate(kinds):
        level = 60 + 130 * kind if n % 2 else 120
        pictures.append(Image.fromarray(rng.integers(level - 20, level + 20, (16, 16, 3)).astype(np.uint8)))
        titles.append("" if n % 2 else ("a round one", "a square one")[kind])
    weight = kinds + 0.5 * rng.standard_normal(count)
    return pd.DataFrame({"photo": pictures, "title": titles, "weight": weight}), np.array(["ball", "box"])[kinds]


@pytest.mark.parametrize("kind", [MultimodalClassifier, MultimodalRegressor])
def test_scikit_learns_own_checks(kind):
    failed = [
        (found["check_name"], str(found["exception"]))
        for found in check_estimator(kind(random_state=0), on_fail=None, on_skip=None)
        if found["status"] == "failed"
    ]
    assert failed == []


def test_pictures_words_and_numbers_in_one_frame():
    X, y = things()
    learned = MultimodalClassifier(random_state=0).fit(X[:40], y[:40])
    assert tuple(learned.model_.modalities) == ("photo", "title", "numbers")
    assert learned.classes_.tolist() == ["ball", "box"] and learned.n_features_in_ == 3
    assert learned.score(X[40:], y[40:]) >= 0.9
    p = learned.predict_proba(X[40:])
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert (learned.predict(X[40:]) == learned.classes_[p.argmax(axis=1)]).all()


class Interchanged:
    """A data frame of another library, of which only the interchange protocol is known."""

    def __init__(self, frame):
        self.frame = frame

    def __dataframe__(self, *settings, **more):
        return self.frame.__dataframe__(*settings, **more)


@pytest.mark.parametrize("form", [lambda X: X, lambda X: X.to_dict("list"), lambda X: dict(X), Interchanged])
@pytest.mark.filterwarnings("ignore:The Dataframe Interchange Protocol:Warning")
def test_tables_of_every_kind_give_the_same(form):
    X, y = things()
    X = X[["title", "weight"]]
    model = MultimodalClassifier(random_state=0, epochs=2)
    expected = model.fit(X, y).predict_proba(X)
    np.testing.assert_allclose(model.fit(form(X), y).predict_proba(form(X)), expected)


def test_the_tools_around_it():
    X, y = things()
    model = MultimodalClassifier(random_state=0, epochs=15, batch_size=16)
    assert cross_val_score(model, X, y, cv=2).mean() > 0.8
    search = GridSearchCV(model, {"fusion": ["concatenate", "product"]}, cv=2).fit(X, y)
    assert search.best_params_["fusion"] in ("concatenate", "product") and search.best_score_ > 0.6
    lower = FunctionTransformer(lambda X: X.assign(title=X["title"].str.upper()))
    assert make_pipeline(lower, model).fit(X, y).score(X, y) > 0.8
    numbers = np.random.default_rng(0).standard_normal((60, 3)) + (y == "box")[:, None]
    assert make_pipeline(StandardScaler(), model).fit(numbers, y).score(numbers, y) > 0.8


def test_numbers_from_pictures_words_and_numbers():
    X, y = things()
    y = 10 + 5 * (y == "box") + X["weight"]
    model = MultimodalRegressor(random_state=0, epochs=20)
    assert model.fit(X[:40], y[:40]).score(X[40:], y[40:]) > 0.7
    assert cross_val_score(model, X, y, cv=2).mean() > 0.6


def test_rows_held_out_choose_the_epoch():
    X, y = things()
    how = {"random_state": 0, "validation_fraction": 0.2, "learning_rate": 0.05}
    learned = MultimodalClassifier(epochs=8, patience=2, **how).fit(X[["weight"]], y)
    losses = learned.history_["validation_loss"]
    best = 1 + int(np.argmin(losses))
    assert len(losses) == min(best + 2, 8)
    again = MultimodalClassifier(epochs=8, **how).fit(
        X[["weight"]], y
    )  # the rate is the same, for it falls over 8 epochs
    assert again.history_["validation_loss"][: len(losses)] == losses
    regressor = MultimodalRegressor(epochs=2, random_state=0, validation_fraction=0.2).fit(X[["title"]], X["weight"])
    assert len(regressor.history_["validation_loss"]) == 2
    with pytest.raises(DataError, match="validation_fraction is at least 0 and less than 1"):
        MultimodalClassifier(validation_fraction=1.5).fit(X, y)


def test_settings_reach_the_model_and_the_recipe():
    X, y = things(20)
    how = {"dropout": 0.1, "text_reader": "convolution", "augment": ["flip", "shift"]}
    learned = MultimodalClassifier(epochs=1, width=8, class_weight={"ball": 1, "box": 3}, random_state=0, **how).fit(
        X, y
    )
    assert [getattr(layer, "rate", None) for layer in learned.model_.head.layers] == [0.1, None, None, 0.1, None]
    assert learned.model_.modalities["title"].encoder.layers[2].kind == "both"
    assert clone(learned).get_params()["class_weight"] == {"ball": 1, "box": 3}
    with pytest.raises(DataError, match="mixup is for classes, not for numbers"):
        MultimodalRegressor(augment=["mixup"]).fit(X[["weight"]], X["weight"])


def test_what_is_missing_is_absent():
    X, y = things()
    learned = MultimodalClassifier(random_state=0, epochs=3).fit(X, y)
    gaps = X.assign(title=None, weight=np.nan)
    assert learned.predict_proba(gaps).shape == (60, 2)


@pytest.mark.parametrize(
    ("X", "y", "sentence"),
    [
        ({"a": ["x", "y"]}, ["one", "one"], "a choice needs two classes or more, and here is 1 class"),
        ({"a": ["x", "y", "z"]}, ["one", "two"], "column 'a' has 3 rows, but there are 2 labels"),
        ({"a": [None, None]}, ["one", "two"], "column 'a' is empty"),
        ({"a": [object(), object()]}, ["one", "two"], "column 'a' is of object"),
        ({"a": "xy"}, ["one", "two"], "a column is a sequence of values"),
        ({}, ["one", "two"], "there is no column to learn from"),
    ],
)
def test_bad_tables_are_one_sentence(X, y, sentence):
    with pytest.raises(DataError, match=sentence):
        MultimodalClassifier().fit(X, y)


def test_a_missing_column_is_named():
    X, y = things()
    learned = MultimodalClassifier(random_state=0, epochs=1).fit(X[["title", "weight"]], y)
    with pytest.raises(DataError, match="there is no column 'title', but weight, size"):
        learned.predict({"weight": [1.0], "size": [2.0]})
