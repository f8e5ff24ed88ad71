"""Lesson 19: unit vectors, their similarity, and the loss of two towers that have to agree."""

from mmdl.check.exercise import Exercise, backward, forward, tied
from mmdl.training.retrieval import recall_at


def square(draws):
    """A similarity matrix, and how many guesses there are."""
    return {"similarity": draws.array("N N"), "k": draws.of(1, 2)}


EXERCISES = (
    forward(
        "normalize",
        "The length of a row is the root of the sum of its squares: axis=-1, keepdims=True. Each row has its own.",
        "Divide each row by its length. A row of zeros has length 0: it must stay zero, and not become 0 / 0.",
        "y = x / np.where(length > 0, length, 1); return y and length.",
    ),
    backward(
        "normalize",
        "A push along y makes x longer, and y stays what it is. Which part of dy is left?",
        "Take away from each row of dy its part along y: dy − y ⟨dy, y⟩. The longer x was, the less it turns: divide.",
        "dx = (dy − y ⟨dy, y⟩) / length, and zero where the length is zero.",
    ),
    forward(
        "similarity",
        "Every row of a against every row of b: an inner product each, all of them as one product of matrices.",
        "a @ b.T is (N, S). log_scale is the logarithm of what it is multiplied by: np.exp(log_scale).",
    ),
    backward(
        "similarity",
        "s = e^λ a bᵀ is linear in a and in b. What does one row of a meet? All rows of b, along a row of ds.",
        "da = e^λ ds b. Exchange the towers and s is transposed: db = e^λ dsᵀ a.",
        "The derivative of e^λ is e^λ itself, so ds/dλ = s: add up ds ∘ s, and return it with one axis, shape (1,).",
    ),
    forward(
        "contrastive_loss",
        "Row n asks which column is its own: cross-entropy with the label n. Column n asks the same of the rows.",
        "The loss is the mean of 2 N numbers, −log p[n, n] and −log q[n, n], p along rows and q along columns of s.",
        "The gradient: p and q, each less 1 on the diagonal, added up and divided by 2 N.",
        "For log p and log q take the largest score of a row, or of a column, away first, as in lesson 04.",
    ),
    tied(
        Exercise(
            recall_at,
            square,
            ("recall",),
            (
                "The right answer of row n is column n: its score is similarity[n, n].",
                "Its rank is how many columns of the row have at least that score; it counts itself, and so do ties.",
                "ranks = (similarity >= own[:, None]).sum(axis=1); the share of rows with ranks <= k.",
            ),
            axes={"recall": ""},
        )
    ),
)
