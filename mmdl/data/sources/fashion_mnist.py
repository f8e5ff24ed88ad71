"""Fashion-MNIST: 70,000 small grey pictures of clothes, shoes and bags, published in the form of MNIST."""

from mmdl.data.dataset import Dataset
from mmdl.data.preprocessors.image import ImagePreprocessor
from mmdl.data.registry import Source
from mmdl.data.sources.mnist import downloads_of, published

CLASSES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
# The clothes were photographed on white and made light on black, as ink is; they fill the frame
PREPROCESSOR = ImagePreprocessor(ink=28)


def load() -> Dataset:
    """The clothes, as `mmdl.data.sources.mnist.published` reads them.  -> Dataset

    References
    ----------
    H. Xiao, K. Rasul, R. Vollgraf, Fashion-MNIST: a novel image dataset for benchmarking machine learning
    algorithms, 2017.
    """
    return published("fashion-mnist", CLASSES, PREPROCESSOR, DOWNLOADS)


DOWNLOADS = downloads_of(
    "fashion-mnist",
    (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    ),
    (26_421_880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d", "f4a8712d7a061bf5bd6d2ca38dc4d50a"),
    (29_515, "25c81989df183df01b3e8a0aad5dffbe", "9018921c3c673c538a1fc5bad174d6f9"),
    (4_422_102, "bef4ecab320f06d8554ea6380940ec79", "8181f5470baa50b63fa0f6fddb340f0a"),
    (5_148, "bb300cfdad3c16e7a12a480ee83cd310", "15d484375f8d13e6eb1aabb0c3f46965"),
)
SOURCE = Source(load, ("image",), "clothes, shoes and bags, 28 x 28 pixels", "MIT, Zalando SE", DOWNLOADS)
