"""The scikit-learn face: classes or numbers from data frames with pictures, texts, sounds and numbers, in one call."""

from dataclasses import replace

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from mmdl import tree
from mmdl.data.from_columns import from_columns, raw_of
from mmdl.data.prepare import prepare
from mmdl.data.split import stratified
from mmdl.errors import DataError
from mmdl.fusion import fusion_named
from mmdl.models import multimodal_classifier, multimodal_regressor
from mmdl.training.recipes import RECIPES, adapted
from mmdl.training.regression import regression_recipe

AT_ONCE = 256  # examples that are predicted together
OF_RECIPES = ("epochs", "batch_size", "learning_rate", "augment", "patience")
OF_MODELS = ("dropout", "text_reader")


class _Estimator(BaseEstimator):
    """What both have in common."""

    def __init__(
        self,
        fusion="concatenate",
        width=64,
        epochs=None,
        batch_size=None,
        learning_rate=None,
        kinds=None,
        random_state=None,
        dropout=None,
        text_reader=None,
        augment=None,
        validation_fraction=0.0,
        patience=None,
    ):
        self.fusion = fusion
        self.width = width
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.kinds = kinds
        self.random_state = random_state
        self.dropout = dropout
        self.text_reader = text_reader
        self.augment = augment
        self.validation_fraction = validation_fraction
        self.patience = patience

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True  # a number that is missing counts as the mean
        tags.input_tags.string = True
        return tags

    def _fitted(self, dataset, build, recipe, **more):
        """Train on a dataset the model that `build` makes."""
        rng = np.random.default_rng(check_random_state(self.random_state).randint(2**31))
        recipe = replace(adapted(recipe, dataset, self.text_reader), **self._given(OF_RECIPES) | more)
        dataset = self._with_validation(dataset, rng)
        model = build(rng, dataset, self.fusion, self.width, **self._given(OF_MODELS))
        model, self.history_, *_ = recipe.fit(model, dataset, rng)
        # Trained in single, asked in double precision: no answer depends on the rows beside it
        self.model_ = tree.map(lambda p: p.astype(np.float64), model)
        return self

    def _given(self, names):
        """The parameters of these names that were given."""
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    def _with_validation(self, dataset, rng):
        """The dataset with some of its rows held out, if that is asked for."""
        share, examples = self.validation_fraction, dataset.train
        if not 0 <= share < 1:
            raise DataError(f"validation_fraction is at least 0 and less than 1, not {share}")
        if not share:
            return dataset
        held = np.zeros(len(examples), bool)
        held[self._deal(examples.labels, max(1, round(share * len(examples))), rng)] = True
        return replace(dataset, train=examples.select(~held), validation=examples.select(held))

    def _asked(self, X, answer):
        """What `answer(batch)` says of all rows, a few at a time."""
        check_is_fitted(self)
        columns, _ = self._columns(X)
        batch = prepare(self.model_.preprocessors, **raw_of(columns, self.model_.preprocessors))
        parts = np.arange(0, len(batch), AT_ONCE)
        return np.concatenate([answer(batch.select(slice(at, at + AT_ONCE))) for at in parts])

    def _columns(self, X, y=None):
        """Columns by name, and y as one column; X is checked as scikit-learn checks it wherever it is numbers alone."""
        learning = y is not None
        if (columns := columns_of(X)) is None:
            checked = validate_data(self, X, *([y] if learning else []), reset=learning, ensure_all_finite="allow-nan")
            X, y = checked if learning else (checked, None)
            return {f"x{d}": column for d, column in enumerate(X.T)}, y
        names = np.array(list(columns), object)
        if learning:
            self.feature_names_in_, self.n_features_in_ = names, len(names)
            return columns, column_or_1d(y, warn=True)
        return columns, None


class MultimodalClassifier(ClassifierMixin, _Estimator):
    """A multimodal classifier as scikit-learn knows classifiers

    Parameters
    ----------
    fusion : str
        A key of `mmdl.fusion.FUSIONS`.
    width, dropout, text_reader : optional
        See `mmdl.models.multimodal_classifier`.
    epochs, batch_size, learning_rate, augment : optional
        By default as the fusion's recipe and the number of rows suggest, see `mmdl.training.recipes.Recipe`.
    validation_fraction : float
        Share of the rows that are not learned from: what is kept is the model after the epoch that was best for them.
        With 0 all are learned from, and the last epoch's model is kept.
    patience : int, optional
        Epochs without a better one after which training ends.
    class_weight : "balanced", or dict of class to weight, optional
        How much an example of each class counts.
    kinds : dict of str to "image", "text", "audio" or "numbers", optional
        What a column is, where its values leave it open: see `mmdl.data.from_columns`.
    random_state : int, RandomState or None
        Draws the initial parameters and the order of the examples.

    Attributes
    ----------
    classes_ : array (K,)
    model_ : mmdl.models.MultimodalClassifier
    history_ : dict of lists, one entry an epoch
    n_features_in_ : int, feature_names_in_ : array of str
        Of the columns, where scikit-learn defines them.

    Examples
    --------
    >>> import numpy as np
    >>> from mmdl.estimator import MultimodalClassifier
    >>> X = {"title": ["red ball", "blue box"] * 20, "weight": np.tile([1.0, 2.0], 20)}
    >>> MultimodalClassifier(random_state=0).fit(X, ["ball", "box"] * 20).score(X, ["ball", "box"] * 20)
    1.0
    """

    def __init__(
        self,
        fusion="concatenate",
        width=64,
        epochs=None,
        batch_size=None,
        learning_rate=None,
        kinds=None,
        random_state=None,
        dropout=None,
        text_reader=None,
        augment=None,
        validation_fraction=0.0,
        patience=None,
        class_weight=None,
    ):
        super().__init__(
            fusion,
            width,
            epochs,
            batch_size,
            learning_rate,
            kinds,
            random_state,
            dropout,
            text_reader,
            augment,
            validation_fraction,
            patience,
        )
        self.class_weight = class_weight

    def fit(self, X, y):
        """Learn from the rows of a table.

        Parameters
        ----------
        X : data frame, dict of columns, or array (N, D) of numbers
            A data frame of pandas or polars, or anything with the interchange protocol; columns as in
            `mmdl.data.from_columns`.
        y : sequence of N classes

        Returns
        -------
        MultimodalClassifier : itself

        Raises
        ------
        DataError (a ValueError)
            If a column is of no known kind, or there are fewer than two classes.
        """
        columns, y = self._columns(X, y)
        check_classification_targets(y)
        self.classes_, places = np.unique(y, return_inverse=True)
        fusion_named(self.fusion)
        dataset, more = from_columns(columns, places, self.kinds), {}
        if self.class_weight is not None:
            more["class_weight"] = tuple(compute_class_weight(self.class_weight, classes=self.classes_, y=y).tolist())
        return self._fitted(dataset, multimodal_classifier, RECIPES[self.fusion], **more)

    def _deal(self, labels, count, rng):
        """The places of `count` rows that are held out, of each class its share."""
        return stratified(labels, [count], rng)[0]

    def predict_proba(self, X):
        """The probability of each class, in the order of `classes_`.  -> (N, K)"""
        return self._asked(X, lambda batch: self.model_.predict_proba(batch))

    def predict(self, X):
        """The most probable class of each row.  -> (N,)"""
        check_is_fitted(self)
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class MultimodalRegressor(RegressorMixin, _Estimator):
    """A multimodal regressor as scikit-learn knows regressors

    Parameters are those of `MultimodalClassifier` but for `class_weight`; fusions of logits are for classes only.

    Attributes
    ----------
    model_ : mmdl.models.MultimodalRegressor
    history_ : dict of lists, one entry an epoch
    n_features_in_ : int, feature_names_in_ : array of str
        Of the columns, where scikit-learn defines them.

    Examples
    --------
    >>> import numpy as np
    >>> from mmdl.estimator import MultimodalRegressor
    >>> X = {"title": ["red ball", "blue box"] * 20, "weight": np.tile([1.0, 2.0], 20)}
    >>> y = np.tile([3.0, 7.0], 20)
    >>> MultimodalRegressor(random_state=0).fit(X, y).predict(X).shape
    (40,)
    """

    def fit(self, X, y):
        """Learn numbers y (N,) from the rows of a table; X as in `MultimodalClassifier.fit`.  -> itself"""
        columns, y = self._columns(X, column_or_1d(y, warn=True))
        dataset = from_columns(columns, y, self.kinds, "regression")
        return self._fitted(dataset, multimodal_regressor, regression_recipe(self.fusion))

    def _deal(self, labels, count, rng):
        """The places of `count` rows that are held out."""
        return rng.permutation(len(labels))[:count]

    def predict(self, X):
        """The number of each row.  -> (N,)"""
        return self._asked(X, lambda batch: self.model_.predict(batch))


def columns_of(X):
    """{name: column} of a dict or of a data frame in which not all are numbers; None of anything else."""
    if isinstance(X, dict) and not hasattr(X, "shape"):  # one of SciPy's sparse matrices is a dict too
        return {name: as_list(column) for name, column in X.items()}
    if not hasattr(X, "columns") and hasattr(X, "__dataframe__"):
        from pandas.api.interchange import from_dataframe

        X = from_dataframe(X)
    if not hasattr(X, "columns"):
        return None
    columns = {name: as_list(X[name]) for name in X.columns}
    if not all(isinstance(name, str) for name in columns):
        return None
    numeric = all(isinstance(value, (int, float, complex)) for column in columns.values() for value in column)
    return None if numeric else columns


def as_list(column):
    """The values of a column, as Python has them."""
    for method in ("to_list", "tolist"):  # of pandas and polars; of NumPy
        if hasattr(column, method) and getattr(column, "ndim", 1) == 1:
            return getattr(column, method)()
    if isinstance(column, str):
        raise DataError("a column is a sequence of values, one for each row, and not a single string")
    return list(column)
