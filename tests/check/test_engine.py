"""The engine against what it should know, and against mistakes that it was never shown."""

import importlib.util
import re
import warnings
from collections import Counter
from pathlib import Path

import pytest

from mmdl.check import failing, grading
from mmdl.check.diagnosis import diagnose
from mmdl.check.draws import roomy
from mmdl.check.failing import SURVEY
from mmdl.check.grade import FAILS, PASSES
from mmdl.check.library import EXERCISES, WRONG
from mmdl.check.signs.scale import WHATEVER
from mmdl.check.student import Student

EXAMPLES = 6
KNOWN = [mistake for of in WRONG for mistake in WRONG[of]]


def modules():
    """The files of mistakes, whose functions are called <exercise>__<mistake>."""
    for path in sorted((Path(__file__).parent / "mistakes").glob("[a-z]*.py")):
        spec = importlib.util.spec_from_file_location(f"mistakes_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module


INVENTED = {
    name: (function, module.FITTING.get(name, ()))
    for module in modules()
    for name, function in vars(module).items()
    if "__" in name.strip("_") and callable(function)
}


def graded(of, function):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of NumPy, about what the mistakes compute
        return grading.grade(EXERCISES[of], function, examples=EXAMPLES)


@pytest.mark.parametrize("name", EXERCISES)
def test_the_reference_passes(name):
    grade = graded(name, EXERCISES[name].reference)
    assert grade.state == PASSES, grade.sentence
    assert grade.error <= 1e-9


def diagnosed(of, function, seed):
    """What the engine says in the first kind of cases in which something is wrong, all other kinds being tried, too."""
    student = Student(function, EXERCISES[of])
    cases = {
        kind: [student.case(roomy(1000 * seed + n), kind) for n in range(SURVEY)] for kind in EXERCISES[of].variants
    }
    for kind, (smallest, *others) in cases.items():
        further = [case for other in cases if other is not kind for case in cases[other]]
        if diagnoses := diagnose(student, smallest, others, further):
            return diagnoses
    return ()


def test_every_known_mistake_is_named_and_no_other():
    def told(mistake):
        """From the first cases in which something is wrong: some mistakes show only for odd lengths, or in ties."""
        found = (diagnosed(mistake.of, mistake.function, seed) for seed in (1, 2, 3))
        return [diagnosis.name for diagnosis in next(filter(None, found), ())]

    names = {(each.of, each.name): told(each) for each in KNOWN}
    assert {key: told for key, told in names.items() if told != [key[1]]} == {}
    assert len(names) == len(KNOWN) >= 250


def test_known_mistakes_differ_from_each_other():
    """Two that gave the same numbers could not both be named."""
    sentences = [(mistake.of, mistake.shows) for mistake in KNOWN]
    assert len(set(sentences)) == len(sentences)
    assert all(mistake.shows.endswith(".") and mistake.hint.endswith((".", ")")) for mistake in KNOWN)


def _steps(function):
    """What a function does: its instructions, and the names of what it calls, without which all calls look alike."""
    return function.__code__.co_code, function.__code__.co_names


def test_invented_mistakes_are_not_those_of_the_library():
    ours = {_steps(mistake.function) for mistake in KNOWN}
    assert len(INVENTED) >= 210
    assert not [name for name, (function, _) in INVENTED.items() if _steps(function) in ours]


@pytest.fixture(scope="module")
def grades():
    """All grades; without pictures and conditions, which take half of the time and are tested elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(failing, "wrong_only", lambda *_: "")
        patch.setattr(failing, "_picture", lambda *_: None)
        return {name: graded(name.split("__")[0], function) for name, (function, _) in INVENTED.items()}


def test_all_invented_mistakes_fail(grades):
    assert [name for name, grade in grades.items() if grade.state != FAILS] == []


def told(grade):
    """All that the diagnoses say, in one line."""
    said = [f"{each.name.replace('_', ' ')} {each.shows} {each.hint}" for each in grade.diagnoses or ()]
    return " ".join([*said, grade.sentence if "argument" in grade.sentence else ""]).lower()


def kind(name, grade):
    """Whether the diagnosis of an invented mistake is right, absent, vague or wrong.

    General signs are facts about the numbers; those that do not lead to the mistake are vague. A known mistake that is
    named beside the point is wrong.
    """
    if any(word in told(grade) for word in INVENTED[name][1]):
        return "right"
    if not grade.diagnoses:
        return "absent"
    return "wrong" if any(each.known for each in grade.diagnoses) else "vague"


def test_most_of_them_get_a_fitting_diagnosis_and_none_a_wrong_one(grades):
    kinds = {name: kind(name, grade) for name, grade in grades.items()}
    assert [name for name, found in kinds.items() if found == "wrong"] == []
    counts = Counter(kinds.values())
    print(dict(counts))  # for whoever asks with -s
    assert counts["right"] >= 0.7 * len(kinds) and counts["vague"] <= 0.1 * len(kinds)


def test_nothing_that_is_said_to_be_right_is_said_to_be_wrong(grades):
    for name, grade in grades.items():
        held = grade.held[-1] if grade.held else ""
        right = set(re.findall(r"[\w\[\]\"]+", held)) if held.endswith(" right") else set()
        assert not right & {output for each in grade.diagnoses or () for output in each.outputs}, name


def test_what_is_said_holds_for_other_numbers_too(grades):
    """A diagnosis made from other cases says the same, as far as it names a known mistake or claims all sizes."""
    for name, grade in grades.items():
        claimed = {each.shows for each in grade.diagnoses or () if each.known or WHATEVER in each.shows}
        if claimed:
            found = {each.shows for each in diagnosed(name.split("__")[0], INVENTED[name][0], 7)}
            assert claimed <= found, name


def test_a_safe_softmax_that_ignores_the_mask_is_not_told_that_it_overflows(grades):
    """The known mistake overflows for large numbers; this function does not."""
    grade = grades["masked_attention__no_mask"]
    assert "overflow" not in told(grade) and "mask" in told(grade)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("conv2d__last_row_of_stops_left_out", "short"),
        ("adam_step__second_moment_raw", "m is corrected but v is not"),
        ("lstm_cell_backward__old_tanh", "the cell before the step"),
        ("token_types_backward__first_example", "only the first example counts"),
        ("attention_fusion__all_places", "the answers of padding are in it"),
        ("text_branch_backward__last_place_counts", "de[ids] = de"),
        ("attention__root_of_the_number_of_queries", "√t, t being the number of queries"),
        ("masked_attention__minus_a_billion", "large negative number, not −∞"),
        ("elementwise_product_backward__by_division", "where a value is 0"),
    ],
)
def test_typical_mistakes_have_words_of_their_own(name, words, grades):
    assert words in told(grades[name])


def test_no_second_diagnosis_beside_the_right_one(grades):
    """dc0 was said to be "what it would be if gates were zero", which it was: by chance."""
    assert [each.name for each in grades["lstm_backward__cell_is_not_carried"].diagnoses] == ["cell_never_carried"]


def test_without_a_diagnosis_none_is_made_up(grades):
    honest = [grade for grade in grades.values() if grade.diagnoses == ()]
    assert honest and all(grade.sentence for grade in honest)
