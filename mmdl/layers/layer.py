"""What every layer can do."""

from mmdl import tree


class Layer:
    """Parameters with a forward and a backward pass; each layer is a frozen dataclass.

    Arrays are parameters, other layers are parts, the remaining fields are settings. Nothing else is remembered: what
    the backward pass needs is the trace that `forward` returns.
    """

    def forward(self, x):
        """x -> y, trace"""
        raise NotImplementedError

    def backward(self, dy, trace, input_gradient=True):
        """dy, trace -> dx, and the gradient of the layer as a layer of the same type

        Without `input_gradient` dx may be None: layers that save work by it do not compute dx.
        """
        raise NotImplementedError

    def gradient(self, dy, trace):
        """The layer's gradient alone."""
        return self.backward(dy, trace, input_gradient=False)[1]

    def __call__(self, x):
        """y alone"""
        return self.forward(x)[0]


def training_mode(model, rng):
    """A copy of the model for training, with the same arrays: dropout draws from `rng`, batches are normalised by
    their own statistics. `training_mode(model, None)` leaves that mode."""
    return tree.map_nodes(lambda node: node.in_training(rng) if hasattr(node, "in_training") else node, model)
