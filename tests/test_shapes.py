"""Shape contracts: what each axis of the grammar accepts, and what it says when it does not."""

import inspect
from typing import Annotated

import numpy as np
import pytest

import mmdl.shapes
from mmdl.errors import DataError, ShapeError
from mmdl.ops.attention import attention
from mmdl.ops.convolution import conv2d
from mmdl.ops.fusion import concatenate, elementwise_sum, product_of_experts
from mmdl.ops.gru import gru
from mmdl.ops.lstm import lstm
from mmdl.ops.rnn import rnn_backward
from mmdl.shapes import Array, Arrays, Ids, Mask, shapes
from mmdl.verify.catalogue import CATALOGUE

LETTERS = set("NTSRCIJPQDKHVAMF")


def a(*shape):
    return np.zeros(shape)


def annotated(contract):
    """The annotation of numbers with this contract."""
    kind = Arrays if " of " in contract else Array
    return Annotated[kind, contract]


def checked(**contracts):
    """A function f(x, y, z) with these contracts, which returns its arguments."""

    def f(x, y=None, z=None):
        return x, y, z

    f.__annotations__ = {name: annotated(contract) for name, contract in contracts.items()}
    return shapes(f)


def refusal(f, *args, **kwargs):
    """The sentence with which f refuses its arguments."""
    with pytest.raises(ShapeError) as error:
        f(*args, **kwargs)
    return str(error.value)


GRAMMAR = [
    ("a letter", {"x": "N D", "y": "D K"}, (a(2, 3), a(3, 4))),
    ("a letter twice in one argument", {"x": "H H"}, (a(3, 3),)),
    ("a multiple", {"x": "H", "y": "4H"}, (a(3), a(12))),
    ("a multiple first", {"x": "4H", "y": "H"}, (a(12), a(3))),
    ("one longer", {"x": "N T", "y": "N T+1"}, (a(2, 3), a(2, 4))),
    ("one longer first", {"x": "T+1", "y": "T"}, (a(1), a(0))),
    ("a number", {"x": "2 D"}, (a(2, 5),)),
    ("any length", {"x": "N _", "y": "N _"}, (a(2, 3), a(2, 5))),
    ("at least one", {"x": "S>0 D"}, (a(1, 0),)),
    ("nothing at all", {"x": "N D", "y": "N"}, (a(0, 3), a(0))),
    ("no axes", {"x": "", "y": "D"}, (a(), a(3))),
    ("leading axes", {"x": "... D", "y": "D K"}, (a(5, 4, 3), a(3, 2))),
    ("no leading axes", {"x": "... D"}, (a(3),)),
    ("leading axes that broadcast", {"x": "... D", "y": "... K", "z": "..."}, (a(4, 1, 3), a(5, 2), a(4, 5))),
    ("any shape", {"x": "...", "y": "..."}, (a(3, 2), a())),
    ("leading axes that are the same", {"x": "* D", "y": "* K", "z": "*"}, (a(4, 1, 3), a(4, 1, 2), a(4, 1))),
    ("some that broadcast to them", {"x": "* D", "y": "... D", "z": "... D"}, (a(4, 5, 3), a(4, 1, 3), a(5, 3))),
    ("a sequence", {"x": "M of N D"}, ((a(2, 3), a(2, 3)),)),
    ("a list", {"x": "M of N D"}, ([a(2, 3), a(2, 3)],)),
    ("a sequence of any widths", {"x": "M of ... _", "y": "... M"}, ((a(2, 3), a(2, 5)), a(2, 2))),
    ("an empty sequence", {"x": "M of N D"}, ((),)),
    ("no contract", {"x": "N"}, (a(2), "a setting", [1, 2])),
    ("None", {"x": "N D", "y": "D", "z": "N"}, (a(2, 3), None, a(2))),
]


@pytest.mark.parametrize(("contracts", "arguments"), [case[1:] for case in GRAMMAR], ids=[case[0] for case in GRAMMAR])
def test_what_fits_passes(contracts, arguments):
    f = checked(**contracts)
    for _ in range(2):  # the second time, letters have been bound already
        returned = f(*arguments)
        assert all(mine is theirs for mine, theirs in zip(returned, arguments, strict=False))


REFUSED = [
    (
        {"x": "N D", "y": "D K"},
        (a(2, 3), a(4, 5)),
        "f: D is 3 in x (N, D) = (2, 3) but 4 in y (D, K) = (4, 5)",
    ),
    ({"x": "H H"}, (a(2, 3),), "f: H is 3 in x (H, H) = (2, 3) but 2 in x (H, H) = (2, 3)"),
    ({"x": "H", "y": "4H"}, (a(3), a(8)), "f: H is 3 in x (H) = (3,) but 2 in y (4H) = (8,)"),
    ({"x": "4H"}, (a(5),), "f: 5 cannot be 4H in x (4H) = (5,)"),
    ({"x": "T", "y": "T+1"}, (a(3), a(3)), "f: T is 3 in x (T) = (3,) but 2 in y (T+1) = (3,)"),
    ({"x": "T+1"}, (a(0),), "f: 0 cannot be T+1 in x (T+1) = (0,)"),
    ({"x": "2 D"}, (a(3, 5),), "f: 3 cannot be 2 in x (2, D) = (3, 5)"),
    ({"x": "2 D"}, (a(4, 5),), "f: 4 cannot be 2 in x (2, D) = (4, 5)"),
    ({"x": "2 D"}, (a(0, 5),), "f: 0 cannot be 2 in x (2, D) = (0, 5)"),
    ({"x": "S>0 D"}, (a(0, 2),), "f: S must be at least 1 in x (S, D) = (0, 2)"),
    ({"x": "N D"}, (a(3),), "f: x (N, D) needs 2 axes but has shape (3,)"),
    ({"x": "N D"}, (a(3, 2, 1),), "f: x (N, D) needs 2 axes but has shape (3, 2, 1)"),
    ({"x": "... N D"}, (a(3),), "f: x (..., N, D) needs at least 2 axes but has shape (3,)"),
    (
        {"x": "... D", "y": "... K"},
        (a(2, 3), a(4, 5)),
        "f: leading axes (2,) of x (..., D) = (2, 3) do not broadcast with (4,) of y (..., K) = (4, 5)",
    ),
    (
        {"x": "* D", "y": "* K"},
        (a(2, 3), a(1, 5)),
        "f: the leading axes are (2,) in x (*, D) = (2, 3) but (1,) in y (*, K) = (1, 5)",
    ),
    (
        {"x": "* D", "y": "... K"},
        (a(2, 3), a(4, 2, 5)),
        "f: leading axes must be (4, 2), as in y (..., K) = (4, 2, 5), but are (2,) in x (*, D) = (2, 3)",
    ),
    (
        {"x": "* D", "y": "... K"},
        (a(2, 3), a(5)),
        "f: leading axes must be (), as in y (..., K) = (5,), but are (2,) in x (*, D) = (2, 3)",
    ),
    (
        {"x": "M of N D"},
        ((a(2, 3), a(2, 4)),),
        "f: D is 3 in x[0] (N, D) = (2, 3) but 4 in x[1] (N, D) = (2, 4)",
    ),
    (
        {"x": "M of N", "y": "M"},
        ((a(2), a(2)), a(3)),
        "f: M is 2 in x = 2 arrays but 3 in y (M) = (3,)",
    ),
    ({"x": "M>0 of N"}, ((),), "f: M must be at least 1 in x = 0 arrays"),
    ({"x": "M of N"}, (a(2),), "f: x must be a tuple of arrays, not ndarray"),
    ({"x": "M of N"}, (a(2, 2, 2),), "f: x must be a tuple of arrays, not ndarray"),
    ({"x": "M of N"}, ((a(2), [1, 2]),), "f: x[1] must be an array, not list"),
    ({"x": "M of N"}, ((None, a(2)),), "f: x[0] must be an array, not NoneType"),
    ({"x": "N"}, ([1, 2],), "f: x must be an array, not list"),
    ({"x": "N"}, (3.0,), "f: x must be an array, not float"),
    ({"x": "N"}, ((a(2), a(2)),), "f: x must be an array, not tuple"),
]


@pytest.mark.parametrize(("contracts", "arguments", "sentence"), REFUSED, ids=[case[2] for case in REFUSED])
def test_what_does_not_fit_is_refused(contracts, arguments, sentence):
    f = checked(**contracts)
    for _ in range(2):
        assert refusal(f, *arguments) == sentence


class TestSentencesOfOps:
    def test_channels(self):
        assert refusal(conv2d, a(2, 8, 8, 3), a(3, 3, 1, 4)) == (
            "conv2d: D is 3 in x (N, R, C, D) = (2, 8, 8, 3) but 1 in w (I, J, D, K) = (3, 3, 1, 4)"
        )

    def test_gates(self):
        assert refusal(lstm, a(2, 5, 3), a(3, 16), a(4, 20), a(16)) == (
            "lstm: H is 4 in W (D, 4H) = (3, 16) but 5 in U (H, 4H) = (4, 20)"
        )

    def test_two_biases(self):
        assert refusal(gru, a(2, 5, 3), a(3, 12), a(4, 12), a(1, 12)) == "gru: 1 cannot be 2 in b (2, 3H) = (1, 12)"

    def test_states(self):
        assert refusal(rnn_backward, a(2, 5, 4), a(2, 5, 3), a(3, 4), a(4, 4), a(2, 6, 4)) == (
            "rnn_backward: T is 4 in dh (N, T+1, H) = (2, 5, 4) but 5 in x (N, T, D) = (2, 5, 3)"
        )

    def test_attention_without_keys(self):
        assert refusal(attention, a(2, 3, 4), a(2, 0, 4), a(2, 0, 5)) == (
            "attention: S must be at least 1 in k (..., S, D) = (2, 0, 4)"
        )

    def test_features(self):
        assert refusal(elementwise_sum, (a(2, 3), a(2, 4))) == (
            "elementwise_sum: D is 3 in features[0] (..., D) = (2, 3) but 4 in features[1] (..., D) = (2, 4)"
        )
        assert refusal(concatenate, ()) == "concatenate: M must be at least 1 in features = 0 arrays"

    def test_experts(self):
        assert refusal(product_of_experts, (a(4, 3), a(4, 3)), np.ones((4, 3), bool)) == (
            "product_of_experts: M is 2 in logits = 2 arrays but 3 in present (..., M) = (4, 3)"
        )

    def test_no_array(self):
        assert refusal(conv2d, [[1.0]], a(3, 3, 1, 4)) == "conv2d: x must be an array, not list"


class TestTheFunction:
    def f(self):
        @shapes
        def affine(x: Annotated[Array, "... D"], W: Annotated[Array, "D 4H"], stride: int = 1, *, name: str = "none"):
            """y = x W"""
            return x, W, stride, name

        return affine

    def test_keeps_its_name_docstring_and_signature(self):
        f = self.f()
        assert f.__name__ == "affine" and f.__doc__ == "y = x W"
        assert list(inspect.signature(f).parameters) == ["x", "W", "stride", "name"]

    def test_help_shows_annotations_as_they_are_written(self):
        assert str(inspect.signature(self.f())) == (
            "(x: Annotated[Array, '... D'], W: Annotated[Array, 'D 4H'], stride: int = 1, *, name: str = 'none')"
        )
        assert "mask: Optional[Annotated[Mask, 'N']] = None" in str(inspect.signature(take))

    def test_reads_annotations_that_are_strings(self):
        def f(x: 'Annotated[Array, "N"]'):
            return x

        assert shapes(f).contracts == {"x": "N"}

    def test_carries_its_contracts_as_written(self):
        assert self.f().contracts == {"x": "... D", "W": "D 4H"}

    def test_takes_arguments_by_name_and_in_any_order(self):
        f, x, W = self.f(), a(2, 3), a(3, 8)
        for returned in (
            f(x, W, 2, name="n"),
            f(x, W=W, stride=2, name="n"),
            f(name="n", W=W, stride=2, x=x),
        ):
            assert returned[0] is x and returned[1] is W and returned[2:] == (2, "n")

    def test_checks_arguments_by_name(self):
        f = self.f()
        assert refusal(f, W=a(4, 8), x=a(2, 3)) == refusal(f, a(2, 3), a(4, 8))
        assert refusal(f, a(2, 3), W=a(4, 8)) == refusal(f, a(2, 3), a(4, 8))

    def test_a_missing_argument_is_python_s_business(self):
        with pytest.raises(TypeError, match="missing 1 required positional argument: 'W'"):
            self.f()(a(2, 3))

    def test_its_own_errors_pass(self):
        @shapes
        def f(x: Annotated[Array, "N"]):
            raise AttributeError("mine")

        with pytest.raises(AttributeError, match="mine"):
            f(a(2))


def test_a_refusal_is_not_remembered():
    f = checked(x="N D", y="D")
    f(a(2, 3), a(3))
    refusal(f, a(2, 3), a(4))
    f(a(2, 3), a(3))
    f(a(2, 4), a(4))


def test_letters_are_bound_once_for_the_same_shapes(monkeypatch):
    """Which is why a repeated call costs next to nothing."""
    f = checked(x="N D", y="M of D")
    f(a(2, 3), (a(3), a(3)))
    monkeypatch.setattr(mmdl.shapes, "_bind", None)
    f(np.ones((2, 3)), y=(a(3), a(3)))
    with pytest.raises(TypeError):
        f(a(2, 4), (a(4), a(4)))


@pytest.mark.parametrize("op", CATALOGUE)
def test_contracts_use_the_letters_of_the_table(op):
    for contract in CATALOGUE[op].forward.__dict__.get("contracts", {}).values():
        assert {letter for letter in contract if letter.isupper()} <= LETTERS


def test_the_table_explains_every_letter():
    for letter in LETTERS:
        assert f" {letter} " in mmdl.shapes.__doc__


@shapes
def take(
    x: Annotated[Array, "N"],
    y: Annotated[Array, "N"] | None = None,
    several: Annotated[Arrays, "M of N"] = (),
    ids: Annotated[Ids, "N"] | None = None,
    mask: Annotated[Mask, "N"] | None = None,
) -> dict:
    """Everything as it arrives in the function."""
    return locals()


HALF, SINGLE, DOUBLE, COMPLEX = (np.ones(2, dtype) for dtype in (np.float16, np.float32, np.float64, complex))
BYTES, WHOLE, TRUE = (np.array([1, 0], dtype) for dtype in (np.uint8, int, bool))


class TestNumbersArePromoted:
    @pytest.mark.parametrize(
        ("x", "y", "expected"),
        [
            (WHOLE, None, np.float64),
            (TRUE, None, np.float64),
            (BYTES, WHOLE, np.float64),
            (WHOLE, SINGLE, np.float32),
            (SINGLE, TRUE, np.float32),
            (SINGLE, DOUBLE, np.float64),
            (SINGLE, COMPLEX, np.complex128),
            (WHOLE, COMPLEX, np.complex128),
            (SINGLE.astype(">f4"), None, np.float32),
        ],
        ids=lambda value: str(getattr(value, "dtype", value)),
    )
    def test_all_of_a_call_share_one_type(self, x, y, expected):
        for found in (take(x, y), take(y=y, x=x)):
            for given, taken in ((x, found["x"]), (y, found["y"])):
                if given is not None:
                    assert taken.dtype == expected and taken.dtype.isnative and (taken == given).all()

    def test_tuples_too(self):
        found = take(SINGLE, several=[WHOLE, SINGLE])
        assert [each.dtype for each in found["several"]] == [np.float32, np.float32]
        assert take(SINGLE, several=(DOUBLE,))["x"].dtype == np.float64

    def test_scalars_of_numpy_are_arrays(self):
        @shapes
        def double(x: Annotated[Array, "..."]) -> Array:
            return 2 * x

        assert double(np.uint8(200)) == 400 and double(np.float32(3)).dtype == np.float32

    def test_what_fits_is_passed_on_as_it_is(self):
        assert take(SINGLE)["x"] is SINGLE and take(x=DOUBLE)["x"] is DOUBLE

    def test_the_caller_s_array_is_left_alone(self):
        x = np.array([3, 4])
        take(x)["x"][0] = 7.5
        assert x.tolist() == [3, 4]

    @pytest.mark.parametrize(
        ("x", "sentence"),
        [
            (HALF, "take: x is float16, whose sums overflow; make it float32 or float64"),
            (np.array(["1", "2"]), "take: x must be numbers, not <U1"),
            (np.array([1, None]), "take: x must be numbers, not object"),
            (np.zeros(2, "datetime64[s]"), "take: x must be numbers, not datetime64[s]"),
        ],
        ids=lambda value: str(getattr(value, "dtype", "")),
    )
    def test_what_is_no_number_is_refused(self, x, sentence):
        with pytest.raises(DataError) as error:
            take(x)
        assert str(error.value) == sentence

    def test_arrays_with_an_arithmetic_of_their_own_are_refused(self):
        assert refusal(take, DOUBLE.view(np.ma.MaskedArray)) == "take: x must be an array, not MaskedArray"


class TestIdsAreNot:
    @pytest.mark.parametrize("ids", [WHOLE, BYTES], ids=lambda ids: ids.dtype)
    def test_integers_stay_what_they_are(self, ids):
        assert take(SINGLE, ids=ids)["ids"] is ids

    @pytest.mark.parametrize("ids", [TRUE, SINGLE], ids=lambda ids: ids.dtype)
    def test_the_rest_is_refused(self, ids):
        with pytest.raises(DataError, match=f"^take: ids must be integers, not {ids.dtype}$"):
            take(SINGLE, ids=ids)

    @pytest.mark.parametrize("mask", [TRUE, WHOLE, BYTES], ids=lambda mask: mask.dtype)
    def test_masks_are_booleans(self, mask):
        taken = take(SINGLE, mask=mask)["mask"]
        assert taken.dtype == bool and taken.tolist() == [True, False]

    def test_other_masks_are_refused(self):
        with pytest.raises(DataError, match=r"^take: mask must be True or False, not float64$"):
            take(SINGLE, mask=DOUBLE)
        with pytest.raises(DataError, match=r"^take: mask must be True or False, or 1 and 0, but holds 2$"):
            take(SINGLE, mask=np.array([1, 2]))
