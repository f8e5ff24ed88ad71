"""`mmdl duel`: expose a hidden bug with few small probes, and name it."""

from mmdl.cli.parser import add_command, whole_number

DESCRIPTION = """\
A game. One mistake hides in a function of the library. Ask the function with
arrays as small and as few as you can; you see its answer beside the truth. Then
name the mistake.

A probe is a line such as

    N=1 D=2 K=3 dy=ones

with lengths for letters (2 where you say nothing), settings such as stride=2,
and the upstream gradient: dy=random, dy=ones or dy=one (a single one). Add the
word extreme for numbers of ±10,000, ties for equal ones, nothing for masks that
let nothing through."""

EXAMPLES = """\
  mmdl duel                        some function
  mmdl duel attention_backward     this one
  mmdl duel conv2d --seed 3        the same bug again"""

HELP = "A probe, such as N=1 dy=ones; `suspects`; `it is 2`; or `give up`."


def add(commands):
    """Describe `mmdl duel`."""
    parser = add_command(commands, run, "duel", "find a hidden bug with few probes", DESCRIPTION, EXAMPLES)
    parser.add_argument("op", metavar="OP", nargs="?", help="the function in which it hides")
    parser.add_argument("--seed", metavar="N", type=whole_number(0), help="the same bug every time")


def run(arguments):
    """Play; 0 if the bug is named, 1 if it gets away."""
    from mmdl.check.duel import Duel

    duel = Duel(arguments.op, arguments.seed)
    print(f"A bug hides in {duel.of}({', '.join(duel.exercise.parameters)}).\n{HELP}")
    while True:
        try:
            line = input(f"[{len(duel.probes)} probes, {duel.cost} numbers] > ").strip()
        except EOFError:
            line = "give up"
        if line == "give up":
            print(f"It was {duel.hidden.name}: {duel.hidden.shows}")
            return 1
        if answer(duel, line):
            return 0


def answer(duel, line):
    """Do what a line of the player says; True if the game is won."""
    from mmdl.errors import DataError

    try:
        if line == "suspects":
            print("\n".join(f"{n:>3}  {each.name.replace('_', ' ')}" for n, each in enumerate(duel.suspects, 1)))
        elif line.startswith("it is "):
            return named(duel, line.removeprefix("it is "))
        elif line in ("", "help"):
            print(HELP)
        else:
            print("\n".join(shown(duel.probe(*parsed(line)))))
    except DataError as mistake:
        print(mistake)
    return False


def named(duel, number):
    """Judge a guess, and say what the game has cost."""
    if not number.isdecimal():
        print("Name a suspect by its number, such as `it is 2`.")
        return False
    if not duel.guess(int(number)):
        print("No, that is not it.")
        return False
    tries = "at once" if len(duel.guesses) == 1 else f"at try {len(duel.guesses)}"
    print(f"Yes, {tries}, with {len(duel.probes)} probes and {duel.cost} numbers. {duel.hidden.shows}")
    print(f"To a student one would say: {duel.hidden.hint}")
    if not duel.exposed:
        print("No probe has shown it, though: that was luck.")
    return True


def parsed(line):
    """ "N=1 dy=ones stride=2" -> ({"N": 1}, "ones", {"stride": 2}, "plain")"""
    from mmdl.check.duel import KINDS
    from mmdl.errors import DataError

    lengths, settings, filling, kind = {}, {}, "random", "plain"
    for word in line.split():
        if word in KINDS:
            kind = word
            continue
        name, equals, value = word.partition("=")
        if not equals:
            raise DataError(f"{word} is no probe. {HELP}")
        if name[:1] == "d" and not value.isdecimal() and value in ("random", "ones", "one"):
            filling = value
        elif value.isdecimal() and int(value) > 0 and len(name) == 1 and name.isupper():
            lengths[name] = int(value)
        elif name.islower():
            settings[name] = int(value) if value.isdecimal() else value
        else:
            raise DataError(f"{word}: a letter has a length of at least 1, such as N=2")
    return lengths, filling, settings, kind


def shown(probe):
    """What came out, beside the truth."""
    from mmdl.check.duel import wrong

    if probe.complaint:
        yield f"It crashes: {probe.complaint}"
        return
    for name, truth in probe.truth.items():
        given = probe.given[name]
        if wrong(truth, given):
            yield f"{name} is wrong:"
            yield from beside(truth, given)
        else:
            yield f"{name} {truth.shape} is right."


def beside(truth, given, most=8):
    """Truth and answer in two columns, row by row; the first `most` rows."""
    if truth.shape != given.shape:
        yield f"  its shape is {given.shape}, and should be {truth.shape}"
        return
    rows = (
        truth.reshape(-1, truth.shape[-1] if truth.ndim else 1),
        given.reshape(-1, given.shape[-1] if given.ndim else 1),
    )
    columns = [[" ".join(f"{value:8.4f}" for value in row[:4]) for row in side[:most]] for side in rows]
    width = max(len(row) for row in columns[0])
    yield f"  {'truth':{width}}   given"
    for left, right in zip(*columns, strict=True):
        yield f"  {left:{width}}   {right}{'' if left == right else '   <'}"
    if len(rows[0]) > most or rows[0].shape[1] > 4:
        yield "  ..."
