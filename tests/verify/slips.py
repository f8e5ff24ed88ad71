"""Wrong forward passes, each a plausible slip, with a law that must refuse it."""

import math

import numpy as np

from mmdl import ops
from mmdl.ops import fusion
from tests.verify.planting import altered, changed, forgets, forward, or_one


def as_stored(array):
    """A view read in the order of its memory."""
    return array[:, ::-1] if array.strides[1] < 0 else array


def in_front(mask):
    """As many tokens, but none behind a gap."""
    return None if mask is None else np.arange(mask.shape[1]) < mask.sum(axis=1, keepdims=True)


def middle_twice(I):
    """All bins but the first stand for two, and so, it is believed, does the middle one."""
    return np.where(2 * np.arange(I // 2 + 1) == I, 2, 1)


def all_or_nothing(mask):
    """A row that holds anything holds everything."""
    return None if mask is None else mask | mask.any(axis=-1, keepdims=True)


def unbiased(x):
    """What makes a variance unbiased."""
    count = x.size // x.shape[-1]
    return count / max(count - 1, 1)


def probability_of_all(p, targets, floor=1e-7):
    """Divided by the mean of all rows' sums, not each by its own."""
    q = np.maximum(p / p.sum(axis=-1).mean(), floor)
    return -(targets * np.log(q)).sum(axis=-1).mean()


def zeros_count(x, window, stride, padding):
    """Padding takes part in the average."""
    if isinstance(padding, int):
        x, padding = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0))), "valid"
    return ops.avg_pool2d(x, window, stride, padding)


def angles_of_their_own(T, D):
    """The cosines have other frequencies than the sines before them."""
    angles = np.arange(T)[:, None] / 10_000 ** (np.arange(D) / D)
    return np.where(np.arange(D) % 2, np.cos(angles), np.sin(angles))


def nyquist_passes(bands, length, rate, low, high, scale, equal_area):
    """The last filter reaches one bin too far."""
    filters = ops.mel_filter_bank(bands, length, rate, low, high, scale, equal_area)
    return filters + 0.1 * (2 * np.arange(len(filters)) == length)[:, None] * (high is None)


def zero_hertz_passes(bands, length, rate, low, high, scale, equal_area):
    """The first filter begins one bin too early."""
    filters = ops.mel_filter_bank(bands, length, rate, low, high, scale, equal_area)
    return filters + 0.1 * (np.arange(len(filters)) == 0)[:, None] * (low == 0)


def one_gate_for_two(features, scores):
    found = fusion.gated(features, scores)
    return found.y if len(features) != 2 else sum(found.gates[0] * x for x in found.candidates)


forward("relu", "idempotent", ops.leaky_relu)
forward("sigmoid", "point_symmetric", lambda x: ops.sigmoid(abs(x)))
forward("tanh", "stretched_sigmoid", lambda x: 2 * ops.sigmoid(x) - 1)
forward("gelu", "odd_part_is_x_itself", lambda x: 2 * ops.gelu(x))
forward("softplus", "odd_part_is_x_itself", lambda x: np.log1p(np.exp(-abs(x))))
# attention
altered("additive_attention", "alike_keys_give_the_mean", y=lambda r, a: r.weights.shape[-1] * r.y)
changed("additive_attention", "blind_to_order_of_keys", v=lambda v, a: v[..., ::-1, :])
changed("additive_attention", "query_and_key_may_change_places", k=lambda k, a: -k)
forgets("additive_attention", "blind_to_masked_keys", "mask")
altered("attention", "weights_sum_to_one", weights=lambda r, a: r.weights / math.sqrt(r.weights.shape[-1]))
changed("attention", "blind_to_masked_keys", mask=lambda mask, a: all_or_nothing(mask))
forgets("attention", "nothing_seen_gives_zeros", "mask")
changed("attention", "blind_to_order", v=lambda v, a: v[..., ::-1, :])
forgets("attention", "causal_is_blind_to_the_future", "causal")
altered("attention", "equal_keys_give_the_mean", y=lambda r, a: r.weights.shape[-1] * r.y)
changed("multi_head_attention", "one_head_is_attention", q=lambda q, a: q * math.sqrt(q.shape[2]))
changed("multi_head_attention", "heads_work_alone", q=lambda q, a: q / math.sqrt(a.heads))
forgets("attentive_lstm", "nothing_to_look_at_makes_an_lstm", "memory_mask")
altered("attentive_lstm", "context_is_additive_attention", context=lambda r, a: np.roll(r.context, 1, axis=1))
changed("attentive_lstm", "blind_to_order_of_memory", v=lambda v, a: v[:, ::-1])
forgets("attentive_lstm", "goes_on_from_its_states", "c0")
# recurrence
changed("rnn", "blind_to_the_future", x=lambda x, a: x[:, ::-1])
forgets("rnn", "masked_step_keeps_the_state", "mask")
changed("rnn", "blind_to_padding", mask=lambda mask, a: all_or_nothing(mask))
changed("rnn", "blind_to_the_place_of_padding", mask=lambda mask, a: in_front(mask))
forgets("rnn", "goes_on_where_it_stopped", "h0")
forgets("lstm", "goes_on_where_it_stopped", "c0")
changed("rnn", "reads_reversed_views", x=lambda x, a: as_stored(x))
changed("gru", "reads_reversed_views", mask=lambda mask, a: as_stored(mask))
altered("lstm", "stays_within_bounds", h=lambda r, a: 1.7159 * r.h)  # LeCun's tanh
# sequences, frames and filters
forward("masked_mean", "blind_to_order", ops.last_valid)
changed("masked_mean", "blind_to_padding", mask=lambda mask, a: all_or_nothing(mask))
forward(
    "masked_mean", "nothing_gives_zeros", lambda x, mask: ops.masked_mean(x, mask | ~mask.any(axis=1, keepdims=True))
)
altered("ctc_loss", "every_frame_is_somewhere", gradient=lambda r, a: ops.softmax(a.logits))
altered("ctc_loss", "every_frame_is_somewhere", gamma=lambda r, a: r.gamma / or_one(r.gamma.sum(axis=1, keepdims=True)))
altered("ctc_loss", "all_words_together_are_certain", value=lambda r, a: r.value / or_one(a.logits.shape[1]))
forgets("ctc_loss", "blind_to_padding", "mask")
forward("hann_window", "halves_sum_to_one", lambda length: np.hanning(length))
forward("hertz_to_mel", "there_and_back", lambda hertz, scale: ops.hertz_to_mel(hertz, "htk"))
forward("mel_to_hertz", "there_and_back", lambda mel, scale: ops.mel_to_hertz(mel, "htk"))
forward("hertz_to_mel", "rises", lambda hertz, scale: 2595 * np.log10(700 + hertz))
forward("mel_to_hertz", "rises", lambda mel, scale: 700 * (10 ** (-mel / 2595) - 1))
changed("mel_filter_bank", "sums_to_one_between_centres", equal_area=lambda equal_area, a: True)
forward("mel_filter_bank", "nothing_outside", zero_hertz_passes)
forward("mel_filter_bank", "nothing_outside", nyquist_passes)
forward("mel_filter_bank", "nothing_outside", lambda **given: -ops.mel_filter_bank(**given))
forward("frames", "later_by_one", lambda x, length, hop: ops.frames(x, length, hop)[..., ::-1, :])
altered("power_spectrum", "power_is_kept", y=lambda r, a: r.y / len(a.window))
altered("power_spectrum", "twice_the_wave", y=lambda r, a: np.sqrt(r.y))
altered("power_spectrum", "tone_stands_alone", y=lambda r, a: r.real**2)
altered("power_spectrum", "tone_stands_alone", y=lambda r, a: r.y * middle_twice(len(a.window)))
changed("power_spectrum", "blind_to_sign", x=lambda x, a: np.maximum(x, 0))
altered("log_mel", "four_times_the_power", y=lambda r, a: r.y / math.log(10))
altered("log_mel", "silence_is_the_floor", y=lambda r, a: np.log1p(r.mel))
forward("sinusoidal_positions", "distance_alone_decides", angles_of_their_own)
# contrastive
altered("normalize", "rows_have_length_one", y=lambda r, a: r.y / or_one(abs(r.y).sum(axis=-1, keepdims=True)))
forward("normalize", "blind_to_length", lambda x: x / or_one(np.sqrt((x * x).sum())))
forward(
    "similarity",
    "exchanging_the_towers_transposes",
    lambda a, b, log_scale: ops.similarity(ops.normalize(a).y, b, log_scale),
)
forward("similarity", "scale_grows_by_steps", lambda a, b, log_scale: log_scale * (a @ b.T))
forward("contrastive_loss", "blind_to_order", lambda s: ops.contrastive_loss(np.roll(s, 1, axis=1)))
forward("contrastive_loss", "blind_to_exchange", lambda s: ops.softmax_cross_entropy(s, np.arange(len(s))))
altered("contrastive_loss", "log_of_the_count_if_all_are_alike", value=lambda r, a: 2 * r.value)
altered("contrastive_loss", "is_two_cross_entropies", gradient=lambda r, a: 2 * r.gradient)
altered("contrastive_loss", "is_two_cross_entropies", value=lambda r, a: 2 * r.value)
altered("contrastive_loss", "gradient_sums_to_zero", gradient=lambda r, a: r.gradient + np.eye(len(a.s)))
# layers
changed("conv2d", "linear_in_x", x=lambda x, a: np.maximum(x, 0))
changed("conv2d", "linear_in_w", w=lambda w, a: w / np.sqrt((w * w).sum()))
changed("conv2d", "shift_equivariant", x=lambda x, a: x[:, ::-1])
changed("conv2d", "shift_equivariant", x=lambda x, a: x[:, :, ::-1])
changed("conv1d", "shift_equivariant", x=lambda x, a: x[:, ::-1])
changed("conv2d", "article_sum_is_cross_correlation", w=lambda w, a: w[::-1, ::-1])
changed("conv2d", "flipped_kernel_makes_convolution", w=lambda w, a: w[:, ::-1])
forgets("conv1d", "is_conv2d_of_one_row", "dilation")
forward("affine", "linear_in_x", lambda x, W, b: ops.relu(ops.affine(x, W, b)))
forward("dropout", "expectation_is_x", lambda x, mask, rate: x * mask)
forward("embedding", "is_one_hot_product", lambda ids, E: E[ids - 1])
forward("softmax", "blind_to_shift", lambda s: np.exp(s) / np.exp(s).sum())
forward("softmax", "rows_sum_to_one", lambda s: ops.softmax(s.T).T)
forward("log_softmax", "is_logarithm_of_softmax", lambda s: ops.log_softmax(s) / math.log(2))
changed("layer_norm", "blind_to_scale_and_shift", epsilon=lambda epsilon, a: 2 * epsilon + 0.1)
altered(
    "layer_norm",
    "blind_to_scale_and_shift",
    y=lambda r, a: a.x / np.sqrt((a.x**2).mean(axis=-1, keepdims=True) + a.epsilon),
)
altered("layer_norm", "rows_have_mean_zero", normalized=lambda r, a: r.normalized * math.sqrt(1 - 1 / a.x.shape[-1]))
forgets("batch_norm", "features_have_mean_zero", "mask")
altered("batch_norm", "statistics_are_of_counted_rows", variance=lambda r, a: r.variance * unbiased(a.x))
altered("batch_norm", "statistics_are_of_counted_rows", y=lambda r, a: a.gamma * r.normalized + a.beta)
altered(
    "batch_norm",
    "inference_with_its_own_statistics",
    y=lambda r, a: a.gamma * (a.x - r.mean) / (np.sqrt(r.variance) + a.epsilon) + a.beta,
)
changed("batch_norm_inference", "remembered_mean_gives_beta", mean=lambda mean, a: 0 * mean)
altered("max_pool2d", "follows_a_shift_of_values", y=lambda r, a: np.maximum(r.y, 0))
forward("avg_pool2d", "follows_a_shift_of_values", zeros_count)
forward("global_average_pool", "blind_to_places", lambda x: x[:, 0].mean(axis=1))
# losses
altered("softmax_cross_entropy", "gradient_rows_sum_to_zero", gradient=lambda r, a: ops.softmax(a.logits))
changed(
    "softmax_cross_entropy",
    "smoothing_mixes_losses",
    smoothing=lambda smoothing, a: smoothing * a.logits.shape[-1] / max(a.logits.shape[-1] - 1, 1),
)
altered("softmax_cross_entropy", "blind_to_masked_examples", value=lambda r, a: r.value * np.mean(a.mask))
altered("softmax_cross_entropy", "blind_to_masked_examples", gradient=lambda r, a: r.gradient * np.mean(a.mask))
changed(
    "soft_cross_entropy",
    "linear_in_targets",
    targets=lambda targets, a: targets / or_one(targets.sum(axis=-1, keepdims=True)),
)
altered("soft_cross_entropy", "is_cross_entropy_of_labels", value=lambda r, a: r.value / a.logits.shape[-1])
forward("categorical_cross_entropy", "blind_to_scale", probability_of_all)
altered("categorical_cross_entropy", "is_softmax_cross_entropy", value=lambda r, a: r.value / math.log(2))
forward("bernoulli_cross_entropy", "is_binary_cross_entropy", lambda p, targets, floor: -(targets * np.log(p)).mean())
forward("binary_cross_entropy", "is_softmax_of_two", lambda logits, targets: ops.softplus(logits).mean())
forward("mean_squared_error", "is_symmetric", lambda y, targets: ((y / targets - 1) ** 2).mean())
forward("mean_squared_error", "is_symmetric", lambda y, targets: ((y + targets) ** 2).mean())
# fusion
forward("concatenate", "splits_again", lambda features: fusion.concatenate(features[::-1]))
forward("elementwise_sum", "commutes", lambda features: fusion.elementwise_sum((*features, features[0])))
changed("product_of_experts", "commutes", present=lambda present, a: None if present is None else present[..., ::-1])
forward("gated", "exchanged_gates_and_all", one_gate_for_two)
forward(
    "gated",
    "open_gates_alone_count",
    lambda features, scores: sum(map(np.multiply, fusion.gated(features, scores).gates, features)),
)
changed("film", "undone_by_its_inverse", gamma=lambda gamma, a: abs(gamma))
changed("film", "undone_by_its_inverse", gamma=lambda gamma, a: np.sign(gamma))
changed("film", "twice_is_once", gamma=lambda gamma, a: 1 + gamma)
forward("tensor_fusion", "holds_every_modality", lambda features: fusion.tensor_fusion(features[::-1]))
forward("tensor_fusion", "inner_products_multiply", lambda features: fusion.tensor_fusion(features)[..., :-1])
altered("low_rank_fusion", "is_the_tensor_and_a_matrix", y=lambda r, a: r.y / a.factors[0].shape[1])
changed("cross_attention", "is_attention_between_projections", Wq=lambda Wq, a: a.Wk, Wk=lambda Wk, a: a.Wq)
forgets("cross_attention", "a_silent_modality_gives_zeros", "mask")
changed(
    "cross_attention", "blind_to_the_other_order", other=lambda other, a: other + np.arange(other.shape[1])[:, None]
)
altered(
    "bottleneck_attention", "closed_nothing_passes", y=lambda r, a: ops.multi_head_attention(a.q, a.k, a.v, a.heads).y
)
changed("bottleneck_attention", "only_the_bottleneck_hears_of_others", lengths=lambda lengths, a: (sum(lengths),))
forgets("bottleneck_attention", "one_modality_is_attention", "mask")
forward("product_of_experts", "probabilities_sum_to_one", lambda logits, present: sum(map(ops.log_softmax, logits)))
forgets("product_of_experts", "leaves_absent_experts_out", "present")
changed(
    "product_of_experts", "is_softmax_of_summed_logits", logits=lambda logits, a: tuple(x / len(logits) for x in logits)
)
forward("average_of_experts", "is_mean_of_probabilities", fusion.product_of_experts)
forward("average_of_experts", "copies_add_nothing", fusion.product_of_experts)
forgets("product_of_probabilities", "is_what_the_loss_of_keras_sees", "floor")
changed(
    "product_of_probabilities",
    "is_product_of_experts_within_bounds",
    logits=lambda logits, a: tuple(x / len(logits) for x in logits),
)
altered("mixture_of_experts", "equal_scores_give_the_average", l=lambda r, a: r.l + math.log(len(a.logits) / 2))
changed("mixture_of_experts", "who_is_chosen_speaks_alone", scores=lambda scores, a: 0 * scores)
