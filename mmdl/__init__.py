"""mmdl: multimodal deep learning from scratch, every backward pass written out by hand."""

__version__ = "0.1.0"
