"""The guard of speed: what is slower in all its chances is named, and every work has a record."""

import json

from tests.benchmarks.guard import RECORDED, slower, yardstick
from tests.benchmarks.works import WORKS


def test_who_is_too_slow_every_time_is_named():
    times = {"as ever": [1.1], "unlucky": [9.0, 1.6, 1.4], "slower": [1.9, 1.7, 1.8], "faster": [0.2]}
    found = slower(dict.fromkeys(times, 1.0), lambda name: times[name].pop(0))
    assert found == {"slower": 1.7}
    assert not any(times.values())


def test_every_work_has_a_record():
    assert json.loads(RECORDED.read_text()).keys() == WORKS.keys()


def test_the_yardstick_stays_the_same():
    """Its numbers stay where arithmetic is fast: neither denormal nor overflowing."""
    measure = yardstick()
    for _ in range(50):
        measure()
    for array in (each.cell_contents for each in measure.__closure__):
        assert ((array == 0) | ((abs(array) > 1e-30) & (abs(array) < 1e30))).all()
