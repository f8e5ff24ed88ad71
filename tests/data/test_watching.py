"""Loading is shown to whoever watches, and to nobody else."""

from mmdl import data
from mmdl.data.watching import watched, watching


def test_all_long_work_on_a_table_is_shown(tmp_path):
    path = tmp_path / "my.csv"
    path.write_text("title,kind\n" + "red ball,a\nblue box,b\n" * 6, encoding="utf-8")
    seen = {}

    def show(things, what):
        for thing in things:
            seen[what] = seen.get(what, 0) + 1
            yield thing

    with watching(show):
        data.load(str(path), text="title", label="kind")
    assert seen == {"rows": 12, "vocabulary": 8, "texts": 12}
    data.load(str(path), text="title", label="kind")
    assert seen == {"rows": 12, "vocabulary": 8, "texts": 12}


def test_nobody_watches():
    things = [1, 2]
    assert watched(things, "things") is things
