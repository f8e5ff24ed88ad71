"""Fusion of vectors by gates, and by one modality that scales and shifts another."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

from numpy.random import Generator
from numpy.typing import DTypeLike

from mmdl.errors import DataError
from mmdl.fusion.embedding import project
from mmdl.fusion.fusion import Fusion, register
from mmdl.layers.dense import Dense
from mmdl.ops import fusion as ops
from mmdl.shapes import Array, Arrays


class GatedTrace(NamedTuple):
    """The encodings, concatenated and projected, and the gates: M arrays (N, D) between 0 (closed) and 1 (open)."""

    encodings: Arrays
    together: Array
    projected: Arrays
    scores: Arrays
    gates: Arrays
    candidates: Arrays


@register("gated", takes="vectors")
@dataclass(frozen=True, eq=False)
class Gated(Fusion):
    """z = Σ_m gate_m ∘ tanh(x_m W_m + b_m),  gate_m = σ((x₁, x₂, ...) V_m + c_m); of two, the second is 1 − gate₁

    M arrays (N, D_m) -> (N, D)

    Source: Arevalo et al. 2017, the gated multimodal unit (GMU).
    """

    projections: tuple[Dense, ...]  # of Dense, one a modality
    gates: tuple[Dense, ...]  # of Dense, one a modality, but one for two

    @classmethod
    def init(cls, rng: Generator, features: Sequence[int], width: int, dtype: DTypeLike = "float32") -> Self:
        projections = tuple(Dense.init(rng, D, width, dtype) for D in features)
        count = 1 if len(features) == 2 else len(features)
        return cls(projections, tuple(Dense.init(rng, sum(features), width, dtype) for _ in range(count)))

    def forward(self, encodings: Arrays) -> tuple[Array, GatedTrace]:
        together, projected = ops.concatenate(encodings), project(self.projections, encodings)
        scores = tuple(gate(together) for gate in self.gates)
        y, gates, candidates = ops.gated(projected, scores)
        return y, GatedTrace(encodings, together, projected, scores, gates, candidates)

    def backward(self, dz: Array, trace: GatedTrace, input_gradient: bool = True) -> tuple[Arrays, Self]:
        encodings, together = trace.encodings, trace.together
        dprojected, dscores = ops.gated_backward(dz, trace.projected, trace.scores, trace.gates, trace.candidates)
        through = [gate.backward(d, together) for gate, d in zip(self.gates, dscores, strict=True)]
        direct = [
            projection.backward(d, x) for projection, d, x in zip(self.projections, dprojected, encodings, strict=True)
        ]
        dtogether = ops.concatenate_backward(sum(d for d, _ in through), encodings)
        dencodings = tuple(a + b for (a, _), b in zip(direct, dtogether, strict=True))
        projections, gates = (tuple(gradient for _, gradient in each) for each in (direct, through))
        return dencodings, replace(self, projections=projections, gates=gates)


class FiLMTrace(NamedTuple):
    """The encodings, the state before each modulation, and its scale and shift."""

    encodings: Arrays
    states: Arrays  # of M − 1 arrays (N, D)
    gammas: Arrays  # of M − 1 arrays (N, D)
    betas: Arrays  # of M − 1 arrays (N, D)


@register("film", takes="vectors")
@dataclass(frozen=True, eq=False)
class FiLM(Fusion):
    """z = γ ∘ (x₁ W + b) + β  with  γ = 1 + x₂ Wγ + bγ,  β = x₂ Wβ + bβ: the second modality modulates the first

    M > 1 arrays (N, D_m) -> (N, D).  With more modalities, each in turn modulates the result so far.

    Source: Perez et al. 2018, feature-wise linear modulation.
    """

    projection: Dense
    scales: tuple[Dense, ...]  # of M − 1 Dense; 1 is added, so that nothing is switched off at first
    shifts: tuple[Dense, ...]  # of M − 1 Dense

    @classmethod
    def init(cls, rng: Generator, features: Sequence[int], width: int, dtype: DTypeLike = "float32") -> Self:
        """DataError for one modality, which has no other to modulate it."""
        if len(features) < 2:
            raise DataError("fusion by FiLM needs two modalities or more: one to be modulated and one to modulate it")
        scales, shifts = (tuple(Dense.init(rng, D, width, dtype) for D in features[1:]) for _ in range(2))
        return cls(Dense.init(rng, features[0], width, dtype), scales, shifts)

    def forward(self, encodings: Arrays) -> tuple[Array, FiLMTrace]:
        z, *modulating = project((self.projection, *self.scales), encodings)
        states, gammas, betas = [], [], []
        for scale, shift, x in zip(modulating, self.shifts, encodings[1:], strict=True):
            states.append(z)
            gammas.append(1 + scale)
            betas.append(shift(x))
            z = ops.film(z, gammas[-1], betas[-1])
        return z, FiLMTrace(encodings, tuple(states), tuple(gammas), tuple(betas))

    def backward(self, dz: Array, trace: FiLMTrace, input_gradient: bool = True) -> tuple[Arrays, Self]:
        dencodings: list[Array] = []
        scales: list[Dense] = []
        shifts: list[Dense] = []
        for m in reversed(range(len(self.scales))):
            dz, dgamma, dbeta = ops.film_backward(dz, trace.states[m], trace.gammas[m], trace.betas[m])
            dx_scale, scale = self.scales[m].backward(dgamma, trace.encodings[m + 1])
            dx_shift, shift = self.shifts[m].backward(dbeta, trace.encodings[m + 1])
            dencodings.insert(0, dx_scale + dx_shift)
            scales.insert(0, scale)
            shifts.insert(0, shift)
        dx, projection = self.projection.backward(dz, trace.encodings[0])
        return (dx, *dencodings), replace(self, projection=projection, scales=tuple(scales), shifts=tuple(shifts))
