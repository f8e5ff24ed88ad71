"""Explanations: one number followed through a trained model and back."""

from mmdl.explain.follow import follow

__all__ = ["follow"]
