"""The teacher's side of the lessons, one file for each: reference solutions, what is drawn, hints, named mistakes.

The teacher of `lessons/10_attention.py` is `lesson_10_attention.py`; it is found by this name, and no list holds it. It
knows the functions that `lessons/exercises/10_attention.py` defines. Their docstrings begin with stars:

★    the formula is given.
★★   "Forward: ..." gives the forward pass only, and asks to derive the rest. No equation for a gradient may stand there.
★★★  a question that is answered by `return` and a number, a tuple of lengths, or the letter of a statement. The function
     takes no arguments; statements stand in lines that begin with a, b, c and three blanks.

Every lesson has at least two of each of the last two grades. All that a function of one or two stars has to show is an
example (`>>>`) that is right. The teacher offers

`EXERCISES`
    a tuple with one `Exercise` for each function of one or two stars. Where the function is an op of the catalogue,
    `forward` and `backward` of `mmdl.check.exercise` make one of its name and some hints; `piece` makes one of a single
    result of another; anything else is an `Exercise(reference, draw, names of its results, hints, axes=...)` with a
    reference solution and a function that draws its arguments. Hints go from a nudge to nearly the solution.
`PREDICTIONS`
    a tuple with one `Prediction` for each question, made by `@prediction(hints)` of a function that *computes* the
    answer, and says in its docstring why: who answers rightly reads it.
`MISTAKES`
    a list of wrong implementations, each marked by `mistakes_in(MISTAKES, "attention")(hint)`. Its name is that of the
    mistake, and its docstring says how the mistake shows, in words that are true whatever the sizes are. It is named to
    a student only if it gives the student's numbers in every case, so two must never be the same.

Mistakes in ops that no lesson asks for are in `other_ops.py`. Where a teacher would pass 300 lines, some of its mistakes
stand in a module beside it (`bands`, `cells`, `norms`), and its own list begins with theirs.
"""
