"""Formulas of the lessons, written in TeX, as letters that a terminal shows: x_{t-1} is xₜ₋₁, \\frac{a}{b} is a/b."""

import re

SIGNS = dict(
    pair.split()
    for pair in r"""\alpha α; \beta β; \gamma γ; \delta δ; \epsilon ϵ; \varepsilon ε; \eta η; \lambda λ; \mu μ; \pi π
    \rho ρ; \sigma σ; \tau τ; \theta θ; \omega ω; \phi φ; \Delta Δ; \sum Σ; \prod Π; \partial ∂; \nabla ∇; \infty ∞
    \cdot ·; \circ ∘; \times ×; \pm ±; \approx ≈; \ne ≠; \le ≤; \ge ≥; \leq ≤; \geq ≥; \ll ≪; \gg ≫; \propto ∝; \in ∈
    \to →; \leftarrow ←; \rightarrow →; \mapsto ↦; \mid |; \| ‖; \lVert ‖; \rVert ‖; \langle ⟨; \rangle ⟩; \lfloor ⌊
    \rfloor ⌋; \lceil ⌈; \rceil ⌉; \dots …; \ldots …; \cdots ⋯; \{ {; \} }; \_ _; \% %; \& &; \sim ∼; \odot ⊙; \forall ∀
    \otimes ⊗; \oplus ⊕; \cup ∪; \cap ∩; \subset ⊂; \neq ≠; \equiv ≡; \Rightarrow ⇒; \ell ℓ""".replace("\n", ";").split(
        ";"
    )
)
WIDE = "\N{EM SPACE}"  # kept where other spaces are collected to one
SPACES = {r"\,": " ", r"\;": " ", r"\:": " ", r"\ ": " ", r"\!": "", r"\quad": WIDE, r"\qquad": WIDE, r"\\": "; "}
NAMES = {r"\log", r"\exp", r"\tanh", r"\sin", r"\cos", r"\max", r"\min", r"\arg", r"\lim", r"\det"}
SILENT = {r"\big", r"\Big", r"\bigg", r"\left", r"\right", r"\textstyle", r"\displaystyle", r"\limits"}
WORDS = {
    r"\text",
    r"\mathrm",
    r"\operatorname",
    r"\mathsf",
    r"\mathbf",
    r"\mathit",
    r"\mathbb",
    r"\mathrel",
    r"\mathcal",
}
MARKS = {r"\hat": "\u0302", r"\bar": "\u0304", r"\tilde": "\u0303", r"\dot": "\u0307"}
LOW = dict(zip("0123456789+-=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True))
HIGH = dict(
    zip(
        "0123456789+-=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVW",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂ",
        strict=True,
    )
)
BUILT = {r"\frac", r"\tfrac", r"\sqrt", r"\underbrace", r"\begin", r"\end"}
KNOWN = {*SIGNS, *SPACES, *NAMES, *SILENT, *WORDS, *MARKS, *BUILT}


def as_text(tex):
    """A formula in TeX as one line of Unicode; a command that is not known stands there by its name."""
    left = re.findall(r"\\[A-Za-z]+|\\.|\s+|.", tex, re.DOTALL)
    text = re.sub(r"[ \n]+", " ", _until(left, None))
    text = re.sub(r"(?<=\() | (?=[,.;)])", "", text)
    return re.sub(f" ?{WIDE} ?", "    ", text).strip()


def _until(left, end):
    """What stands before an end (None: all that is left), as text."""
    parts = []
    while left and left[0] != end:
        parts.append(_next(left))
    if left:
        left.pop(0)
    return "".join(parts)


def _next(left):
    """The text of the next sign, with the arguments that belong to it."""
    sign = left.pop(0)
    if sign == "{":
        return _until(left, "}")
    if sign in "_^":
        return _shifted(_argument(left), sign)
    if sign in (r"\frac", r"\tfrac"):
        return f"{_whole(_argument(left))}/{_whole(_argument(left))}"
    if sign == r"\sqrt":
        return f"√{_whole(_argument(left))}"
    if sign == r"\underbrace":
        return _argument(left) + _below(left)
    if sign in (r"\begin", r"\end"):
        _argument(left)
        return "(" if sign == r"\begin" else ")"
    if sign in MARKS:
        return _argument(left) + MARKS[sign]
    if sign in WORDS:
        return _argument(left)
    if sign in NAMES:
        return sign[1:] + (" " if left and (left[0][0] == "\\" or left[0].isalnum()) else "")
    if sign in SILENT:
        return ""
    return {"-": "−", "&": "  ", "~": " "}.get(sign) or SIGNS.get(sign, SPACES.get(sign, sign.removeprefix("\\")))


def _argument(left):
    """The text of what a command applies to: a group in braces, or the next sign."""
    while left and left[0].isspace():
        left.pop(0)
    return _next(left) if left else ""


def _below(left):
    """What stands below a brace, in brackets."""
    if left[:1] != ["_"]:
        return ""
    left.pop(0)
    return f" [{_argument(left)}]"


def _shifted(text, sign):
    """An index below or an exponent above: in small letters where there are such, else after the sign itself."""
    small = LOW if sign == "_" else HIGH
    letters = text.replace("−", "-").replace(" ", "")
    if letters and all(each in small for each in letters):
        return "".join(small[each] for each in letters)
    return sign + (text if len(text) == 1 or text.isalpha() else f"({text})")


def _whole(text):
    """A part of a fraction, or what is under a root: in brackets unless it is one thing."""
    return text if not re.search(r"[ +−/·,]", text) or re.fullmatch(r"\([^()]*\)", text) else f"({text})"
