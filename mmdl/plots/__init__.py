"""Pictures of data, models and training: `SomeDisplay.from_...(...).plot()`, and what lessons draw with."""

from mmdl.plots import _backend  # noqa: F401 (before anything that imports matplotlib)
from mmdl.plots.alignment import AlignmentDisplay
from mmdl.plots.attention import AttentionDisplay
from mmdl.plots.comparison import ComparisonDisplay, ContributionDisplay, NoiseDisplay
from mmdl.plots.confusion import ConfusionDisplay
from mmdl.plots.examples import ExamplesDisplay
from mmdl.plots.feature_maps import FeatureMapsDisplay
from mmdl.plots.figure import subplots
from mmdl.plots.gaze import GazeDisplay
from mmdl.plots.gradient_norms import GradientNormDisplay
from mmdl.plots.gradient_through_time import GradientThroughTimeDisplay, norms_through_time
from mmdl.plots.history import HistoryDisplay
from mmdl.plots.images import ImagesDisplay
from mmdl.plots.kernels import KernelsDisplay
from mmdl.plots.lesson import guess, mark_guess, save_figure
from mmdl.plots.pointing import PointingDisplay
from mmdl.plots.posteriors import PosteriorsDisplay
from mmdl.plots.regression import RegressionDisplay
from mmdl.plots.save import save
from mmdl.plots.search import SearchDisplay
from mmdl.plots.similarity import SimilarityDisplay
from mmdl.plots.spectrogram import SpectrogramDisplay
from mmdl.plots.word_attention import WordAttentionDisplay

__all__ = [
    "AlignmentDisplay",
    "AttentionDisplay",
    "ComparisonDisplay",
    "ConfusionDisplay",
    "ContributionDisplay",
    "ExamplesDisplay",
    "FeatureMapsDisplay",
    "GazeDisplay",
    "GradientNormDisplay",
    "GradientThroughTimeDisplay",
    "HistoryDisplay",
    "ImagesDisplay",
    "KernelsDisplay",
    "NoiseDisplay",
    "PointingDisplay",
    "PosteriorsDisplay",
    "RegressionDisplay",
    "SearchDisplay",
    "SimilarityDisplay",
    "SpectrogramDisplay",
    "WordAttentionDisplay",
    "guess",
    "mark_guess",
    "norms_through_time",
    "save",
    "save_figure",
    "subplots",
]
