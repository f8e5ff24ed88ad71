"""From several vectors to one, where a learned number decides how much of each passes."""

import math

import numpy as np

from mmdl.formulas.activations import sigmoid
from mmdl.shapes import Array, Arrays


def gated(features: Arrays, scores: Arrays) -> Array:
    """(50)  y_d = Σ_m z_md tanh(x_md)  with  z_m = σ(s_m);  of two modalities  z_1 = σ(s_1) and z_2 = 1 − z_1

    features: M vectors x_m (D,); scores: M vectors s_m (D,), of two modalities only s_1 -> y (D,).
    Source: Arevalo et al., Gated multimodal units for information fusion, 2017, section 3 and figure 2.
    """
    z = [sigmoid(s) for s in scores]
    if len(features) == 2:
        z = [z[0], 1 - z[0]]
    modalities = range(len(features))
    return np.array([sum(z[m][d] * math.tanh(features[m][d]) for m in modalities) for d in range(len(features[0]))])


def film(x: Array, gamma: Array, beta: Array) -> Array:
    """(51)  y_d = γ_d x_d + β_d

    x, gamma, beta (D,) -> y (D,).  γ and β are computed from another modality than x.
    Source: Perez et al., FiLM: visual reasoning with a general conditioning layer, 2018, equation (2).
    """
    return np.array([gamma[d] * x[d] + beta[d] for d in range(len(x))])
