"""Lessons 00, 04 and 05: the affine map, softmax and its loss, activations."""

from mmdl.check.exercise import backward, forward, piece, tied

AFFINE = forward(
    "affine",
    "Each row of x is one example. Its output k is the sum over d of x[d] W[d, k], and then b[k] is added.",
    "All rows at once are a product of two matrices; b is added to every row by broadcasting.",
    "y = x @ W + b",
)

AFFINE_BACKWARD = backward(
    "affine",
    "Write y[n, k] = Σ_d x[n, d] W[d, k] + b[k]. Which y does one entry of x move, and by how much? Which does one of W?",
    "dx[n, d] = Σ_k dy[n, k] W[d, k],   dW[d, k] = Σ_n x[n, d] dy[n, k],   db[k] = Σ_n dy[n, k]",
    "As products: dx = dy Wᵀ and dW = xᵀ dy. The shapes tell, unless all sizes are equal.",
)


def affine_db(dy):
    """db = Σ dy over the examples"""
    return dy.sum(axis=0)


def affine_dW(dy, x):
    """dW = xᵀ dy"""
    return x.T @ dy


def affine_dx(dy, W):
    """dx = dy Wᵀ"""
    return dy @ W.T


SOFTMAX = forward(
    "softmax",
    "e to the power of each score, divided by the sum of its row: axis=-1, keepdims=True.",
    "e^10000 is too large for a float. What happens to p if a number is taken away from all scores of a row?",
    "Subtract the row's largest score first: s - s.max(axis=-1, keepdims=True).",
)

LOSS = forward(
    "softmax_cross_entropy",
    "First p = softmax(logits). The loss of example n is -log p[n, labels[n]]; the result is the mean over n.",
    "p[np.arange(N), labels] picks one entry from each row. For the logarithm of a tiny p: log p = s - log Σ e^s.",
    "The gradient is p, less 1 at the label, divided by N: it is the gradient of the mean.",
    variants=None,
)

EXERCISES = (
    AFFINE,
    piece(
        affine_db,
        AFFINE_BACKWARD,
        "db",
        "The same b was added to every row of y. What moves several things gets the sum of their gradients.",
        "Add up the rows of dy: one number is left for each column.",
    ),
    piece(
        affine_dW,
        AFFINE_BACKWARD,
        "dW",
        "W[d, k] is multiplied by x[n, d] and goes into y[n, k], for every example n.",
        "dW[d, k] = Σ_n x[n, d] dy[n, k]: two loops around a sum, or one product of matrices.",
        "dW has the shape of W, (D, K). x is (N, D) and dy is (N, K), so x has to be turned.",
    ),
    piece(
        affine_dx,
        AFFINE_BACKWARD,
        "dx",
        "x[n, d] goes into y[n, k] for every k, each time multiplied by W[d, k].",
        "dx[n, d] = Σ_k dy[n, k] W[d, k]: the sum runs along the rows of W.",
        "dx = dy Wᵀ",
    ),
    AFFINE_BACKWARD,
    SOFTMAX,
    backward(
        "softmax",
        "p_k = e^(s_k) / Σ e^s. Raising s_k raises p_k, and lowers all others, because they share one sum.",
        "dp_j / ds_k = p_j (δ_jk − p_k), where δ_jk is 1 for j = k and 0 elsewhere. Now sum over j, times dp_j.",
        "ds = p ∘ (dp - ⟨dp, p⟩), with the inner product of each row: (dp * p).sum(axis=-1, keepdims=True).",
    ),
    LOSS,
    tied(
        forward(
            "relu",
            "Every entry by itself: it stays if it is positive, else it becomes 0.",
            "np.maximum takes the larger of two things, entry by entry.",
        )
    ),
    tied(
        backward(
            "relu",
            "Where y > 0 the function was y = x, and a nudge of x moves y as much. Elsewhere it moves nothing.",
            "dy times (y > 0): True counts as 1, False as 0.",
        )
    ),
    forward(
        "dropout",
        "What is dropped becomes 0. What stays is made larger, so that the mean over many masks is x again.",
        "x * mask / (1 - rate)",
    ),
)
