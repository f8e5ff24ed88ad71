"""The teacher's side of the lessons, one file for each: reference solutions, what is drawn, hints, named mistakes.

The teacher of `lessons/10_attention.py` is `lesson_10_attention.py`; it is found by this name, and no list holds it. It
knows the functions that `lessons/exercises/10_attention.py` defines, and offers

`EXERCISES`
    a tuple with one `Exercise` for each of these functions. Where the function is an op of the catalogue, `forward` and
    `backward` of `mmdl.check.exercise` make one of its name and some hints; `piece` makes one of a single result of
    another; anything else is an `Exercise` with a reference solution and a function that draws its arguments. Hints go
    from a nudge to nearly the solution.
`MISTAKES`
    a list of wrong implementations, each marked by `mistakes_in(MISTAKES, "attention")(hint)`. Its name is that of the
    mistake, and its docstring says how the mistake shows, in words that are true whatever the sizes are.

Mistakes in ops that no lesson asks for are in `other_ops.py`.
"""
