"""What makes arrays of the things that people have: of pictures, texts, sounds and numbers."""

from mmdl.data.preprocessors.audio import AudioPreprocessor
from mmdl.data.preprocessors.components import RemainderPreprocessor
from mmdl.data.preprocessors.image import ImagePreprocessor
from mmdl.data.preprocessors.numbers import Standardizer
from mmdl.data.preprocessors.picture import PicturePreprocessor
from mmdl.data.preprocessors.preprocessor import Preprocessor
from mmdl.data.preprocessors.target import TargetTokenizer
from mmdl.data.preprocessors.text import Tokenizer

__all__ = [
    "AudioPreprocessor",
    "ImagePreprocessor",
    "PicturePreprocessor",
    "Preprocessor",
    "RemainderPreprocessor",
    "Standardizer",
    "TargetTokenizer",
    "Tokenizer",
]
