"""Archives from strangers: nothing is believed before it is checked, and nothing large comes of little."""

import hashlib
import io
import json
import os
import tracemalloc
import warnings
import zipfile
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmdl import tree
from mmdl.data import AudioPreprocessor, ImagePreprocessor, PicturePreprocessor, TargetTokenizer
from mmdl.errors import DataError, FormatError, ShapeError
from mmdl.layers import BatchNorm, Conv2D, Dense, Dropout, MultiHeadAttention, ReLU, Sequential
from mmdl.strict_json import MOST_DEEP
from mmdl.training import archive, load, save
from mmdl.training.archive import MOST_TEXT


def content(model):
    """The bytes of a model file."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, each in members_of(model).items():
            file.writestr(name, each)
    return stream.getvalue()


def members_of(model, folder=None):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "model"
        save(path, model)
        with zipfile.ZipFile(path) as file:
            return {name: file.read(name) for name in file.namelist()}


MODEL = Sequential((Dense.init(np.random.default_rng(0), 3, 4), ReLU(), BatchNorm.init(4), Dropout(0.5)))
MEMBERS = members_of(MODEL)
MANIFEST = json.loads(MEMBERS["manifest.json"])


@pytest.fixture
def write(tmp_path):
    """Write a file with these members, and give its path."""

    def written(members=(), compression=zipfile.ZIP_STORED, manifest=None):
        path = tmp_path / "model.npz"
        text = {} if manifest is None else {"manifest.json": json.dumps(manifest)}
        with zipfile.ZipFile(path, "w", compression) as file:
            for name, each in (MEMBERS | text | dict(members)).items():
                file.writestr(name, each)
        return path

    return written


def refused(path, words):
    tracemalloc.start()
    try:
        with pytest.raises(FormatError) as failure:
            load(path)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    sentence = str(failure.value)
    assert words in sentence and "\n" not in sentence and sentence.isascii()
    assert len(sentence) < len(str(path)) + 300
    return most


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def test_it_loads_as_it_is(write):
    assert tree.equal(load(write())[0], MODEL)


def test_compressed_members_are_refused_before_they_are_unpacked(write):
    zeros = npy(np.zeros((3000, 4000), np.float32))
    path = write({"layers.0.W.npy": zeros}, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 100_000
    assert refused(path, "compressed") < 4 << 20


def test_a_password_is_not_asked_for(write):
    path = write()
    secret = path.read_bytes()
    for start, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):  # before each member, and in the directory
        places = [at + flags for at in range(len(secret)) if secret.startswith(start, at)]
        secret = bytes(each | (at in places) for at, each in enumerate(secret))
    path.write_bytes(secret)
    refused(path, "RuntimeError")


def test_a_header_that_promises_much_gets_nothing(write):
    manifest = json.loads(json.dumps(MANIFEST))
    manifest["arrays"]["layers.0.W"]["shape"] = [3, 400_000_000]
    grown = MEMBERS["layers.0.W.npy"].replace(b"(3, 4), }         ", b"(3, 400000000), } ")
    assert refused(write({"layers.0.W.npy": grown}, manifest=manifest), "size") < 4 << 20


def test_members_that_share_their_bytes_are_refused(write, tmp_path):
    """A second entry of the directory for the same bytes, as in an overlapping bomb"""
    path = write()
    with zipfile.ZipFile(path, "a") as file:
        for number in range(20):
            info = file.infolist()[-1]
            twin = zipfile.ZipInfo(f"twin{number}.npy")
            for field in ("header_offset", "file_size", "compress_size", "CRC"):
                setattr(twin, field, getattr(info, field))
            file.filelist.append(twin)
            file.NameToInfo[twin.filename] = twin
        file._didModify = True
    refused(path, "larger than the file")


def test_a_manifest_has_a_size_and_a_depth(write):
    refused(write({"manifest.json": b" " * (MOST_TEXT + 1)}), "larger than 4 MiB")
    refused(write({"manifest.json": b"[" * 100_000}), "nested")
    for end in ("", "\\", '"'):  # a string without an end was looked for from each of its marks
        refused(write({"manifest.json": b'"' + b'\\"' * 1_000_000 + end.encode()}), "")
    deep = json.loads("[" * MOST_DEEP + "]" * MOST_DEEP)
    refused(write(manifest=MANIFEST | {"extras": deep}), "nested")
    text = MANIFEST | {"extras": {"note": "[{" * 1000 + '\\"'}}
    assert load(write(manifest=text))[1] == text["extras"]


def test_the_largest_manifest_is_as_large_as_the_limit(write, monkeypatch):
    size = len(MEMBERS["manifest.json"])
    monkeypatch.setattr(archive, "MOST_TEXT", size)
    assert tree.equal(load(write())[0], MODEL)
    monkeypatch.setattr(archive, "MOST_TEXT", size - 1)
    refused(write(), "larger than")


def test_brackets_count_that_are_open_at_a_time(write):
    """However many have been closed before; with those of the manifest and its extras."""
    for depth in (MOST_DEEP - 2, MOST_DEEP - 1):
        deep = [[], {}] * 100 + [json.loads("[" * depth + "]" * depth)]
        path = write(manifest=MANIFEST | {"extras": deep})
        if depth + 2 > MOST_DEEP:
            refused(path, f"nested {depth + 2} deep")
        else:
            assert load(path)[1] == deep


def test_what_is_quoted_is_one_line_that_can_be_seen():
    assert archive.short("é \x1b[2J\n\u202e") == r"é \x1b[2J\n\u202e"
    assert archive.short("x" * 300) == "x" * 300
    assert archive.short("x" * 301) == "x" * 300 + " ..."
    assert archive.short("\n" * 300, 5) == r"\n\n\ ..."


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused_both_ways(value, write, tmp_path):
    W = np.full((3, 4), value, np.float32)
    manifest = json.loads(json.dumps(MANIFEST))
    manifest["arrays"]["layers.0.W"]["sha256"] = hashlib.sha256(W).hexdigest()
    refused(write({"layers.0.W.npy": npy(W)}, manifest=manifest), "'layers.0.W' holds numbers that are not finite")
    with pytest.raises(FormatError, match="not finite"):
        save(tmp_path / "new", Sequential((Dense(W, np.zeros(4, np.float32)),)))
    assert not (tmp_path / "new").exists()


def test_a_changed_number_is_noticed(write):
    refused(write({"layers.0.W.npy": npy(np.ones((3, 4), np.float32))}), "its checksum is another")
    without = json.loads(json.dumps(MANIFEST))
    del without["arrays"]["layers.0.W"]["sha256"]
    refused(write(manifest=without), "its checksum is another")


def test_files_of_version_1_have_no_checksums(write):
    old = json.loads(json.dumps(MANIFEST)) | {"version": 1}
    for about in old["arrays"].values():
        del about["sha256"]
    assert tree.equal(load(write(manifest=old))[0], MODEL)
    old["arrays"]["layers.0.W"]["sha256"] = "0" * 64
    refused(write(manifest=old), "its checksum is another")


def test_a_changed_bit_is_noticed_without_checksums_too(write, monkeypatch):
    """By the archive's own, at the end of each array, however many pieces it is read in."""
    old = json.loads(json.dumps(MANIFEST)) | {"version": 1}
    for about in old["arrays"].values():
        del about["sha256"]
    path = write(manifest=old)
    whole = bytearray(path.read_bytes())
    whole[whole.index(MODEL.layers[0].W.tobytes()) + 40] ^= 1
    path.write_bytes(whole)
    for piece in (archive.PIECE, 13):
        monkeypatch.setattr(archive, "PIECE", piece)
        refused(path, "BadZipFile")


@pytest.mark.parametrize(
    "shape, dtype",
    [
        ([3, 4.0], "float32"),
        ([True, 12], "float32"),
        ([-1, -1], "float32"),
        ([1] * 17, "float32"),
        ([3, 4], "complex64"),
    ],
)
def test_shapes_and_types_that_no_array_of_a_model_has(write, shape, dtype):
    manifest = json.loads(json.dumps(MANIFEST))
    manifest["arrays"]["layers.0.W"] |= {"shape": shape, "dtype": dtype}
    array = np.ones([abs(int(n)) for n in shape], dtype)
    refused(write({"layers.0.W.npy": npy(array)}, manifest=manifest), "has no shape and type that a model may have")


@pytest.mark.parametrize("shape", [(0,), (2, 0, 3), (5,), (3, 4), (1,) * 16])
def test_what_is_written_comes_back(tmp_path, shape, monkeypatch):
    """Of every type, in either order of bytes and of rows, read in pieces that cut numbers apart"""
    monkeypatch.setattr(archive, "PIECE", 13)
    rng, given = np.random.default_rng(0), {}
    for dtype, end, order in product(archive.TYPES, "<>", "CF"):
        given[dtype + end + order] = rng.integers(0, 100, shape).astype(np.dtype(dtype).newbyteorder(end), order)
    archive.write_archive(tmp_path / "file", {"version": 2}, given)
    read = archive.read_archive(tmp_path / "file", lambda manifest, arrays: arrays)
    for name, array in given.items():
        found = read[name]
        assert found.dtype == name[:-2] and found.dtype.isnative and found.flags.c_contiguous
        assert found.shape == shape and (found == array).all()


def test_an_array_with_the_longer_header_is_read(write):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, MODEL.layers[0].W, version=(2, 0))
    assert tree.equal(load(write({"layers.0.W.npy": stream.getvalue()}))[0], MODEL)


def test_arrays_may_be_larger_than_4_gib(tmp_path, monkeypatch):
    """What needs long numbers in the archive's directory: here, from 100 bytes on."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 100)
    save(tmp_path / "model", MODEL)
    assert tree.equal(load(tmp_path / "model")[0], MODEL)


def fields(number):
    return lambda manifest: manifest["model"]["fields"]["layers"][number]["fields"]


WRONG_FIELDS = {
    "text for a number": (3, {"rate": "half"}, "'half' cannot be the field rate of Dropout"),
    "out of its range": (3, {"rate": 1.5}, "1.5 cannot be the field rate of Dropout"),
    "no number": (3, {"rate": float("nan")}, "nan cannot be the field rate"),
    "infinite": (2, {"epsilon": float("inf")}, "inf cannot be the field epsilon"),
    "a layer for an array": (0, {"W": {"kind": "ReLU", "fields": {}}}, "a ReLU cannot be the field W of Dense"),
    "an array for a number": (3, {"rate": {"array": "layers.0.b"}}, "an array of float32 cannot be the field rate"),
    "true for a number": (3, {"rate": True}, "True cannot be the field rate"),
    "a list for an array": (0, {"W": [1, 2]}, "a tuple cannot be the field W"),
    "nothing for an array": (0, {"W": None}, "None cannot be the field W"),
    "a field of another": (1, {"evil\x1b[2J\n": 1}, r"'evil\x1b[2J\n' is no field of ReLU"),
}


@pytest.mark.parametrize("name", WRONG_FIELDS)
def test_every_field_has_its_type_and_range(name, write):
    number, change, words = WRONG_FIELDS[name]
    manifest = json.loads(json.dumps(MANIFEST))
    fields(number)(manifest).update(change)
    refused(write(manifest=manifest), words)


def test_an_unknown_kind_is_one_short_line(write):
    for kind in ("os.system", "x" * 100_000, "\x1b[31m\u202e", "é"):
        manifest = json.loads(json.dumps(MANIFEST))
        manifest["model"]["kind"] = kind
        refused(write(manifest=manifest), "is no known kind of layer")


@pytest.mark.parametrize(
    "layer",
    [
        lambda: replace(Conv2D.init(np.random.default_rng(0), 1, 1, (3, 3)), padding=4096),
        lambda: AudioPreprocessor(window=65536, bands=1024),
        lambda: replace(ImagePreprocessor(8, 8, 4), rows=4096, columns=4096),
        lambda: PicturePreprocessor(4096, 4096),
        lambda: TargetTokenizer(("a",), 1 << 20),
    ],
)
def test_small_files_make_no_large_arrays(layer, tmp_path):
    """Of 3 kB gigabytes were made, or texts without an end"""
    with pytest.raises((FormatError, DataError), match=r"cannot be the field|at most"):
        save(tmp_path / "new", Sequential((layer(),)))


def test_ranges_hold_for_layers_deep_inside(tmp_path):
    attention = MultiHeadAttention.init(np.random.default_rng(0), 4, 2, 4)
    with pytest.raises(FormatError, match="0 cannot be the field heads of MultiHeadAttention"):
        save(tmp_path / "new", Sequential((replace(attention, heads=0),)))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_pipes_devices_and_folders_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, words in ((tmp_path / "pipe", "pipe or a device"), ("/dev/zero", "pipe or a device"), (tmp_path, "dir")):
        with pytest.raises(DataError, match=words):
            load(path)


SMALL = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def loads_or_refuses(path):
    """Only our errors, little memory; and what loads answers, or refuses in our words."""
    tracemalloc.start()
    try:
        model, _ = load(path)
    except (FormatError, DataError):
        return
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert most < 64 << 20
    try:
        y = model(np.ones((2, 3), np.float32))
    except (ShapeError, DataError):
        return
    assert np.isfinite(y).all()


@SMALL
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=6), st.integers(0, 10**6))
def test_damaged_files(tmp_path_factory, changes, cut):
    broken = bytearray(WHOLE)
    for place, value in changes:
        broken[place % len(broken)] = value
    path = tmp_path_factory.mktemp("damaged") / "model"
    path.write_bytes(bytes(broken[: len(broken) - cut % 300 * (cut % 5 == 0)]))
    loads_or_refuses(path)


WHOLE = content(MODEL)
ARRAY = st.just({"array": "layers.0.b"})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 2**40) | st.floats() | st.text(max_size=8) | ARRAY,
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=5), each, max_size=3),
    max_leaves=5,
)


def places(value, path=()):
    """Every place in a manifest, but those of its format and checksums."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield from places(each, (*path, key))


PLACES = [path for path in places(MANIFEST) if path and "sha256" not in path]


@SMALL
@given(st.sampled_from(PLACES), JSON)
def test_edited_manifests(tmp_path_factory, place, value):
    manifest = json.loads(json.dumps(MANIFEST))
    inside = manifest
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = value
    path = tmp_path_factory.mktemp("edited") / "model"
    with zipfile.ZipFile(path, "w") as file:
        for name, each in (MEMBERS | {"manifest.json": json.dumps(manifest)}).items():
            file.writestr(name, each)
    loads_or_refuses(path)


@SMALL
@given(st.binary(max_size=400))
def test_any_bytes(tmp_path_factory, some):
    path = tmp_path_factory.mktemp("any") / "model"
    path.write_bytes(some)
    with pytest.raises(FormatError):
        load(path)


def test_a_member_that_is_there_twice(tmp_path):
    path = tmp_path / "twice.npz"
    with zipfile.ZipFile(path, "w") as file, warnings.catch_warnings(action="ignore"):
        for name, each in [*MEMBERS.items(), *MEMBERS.items()]:
            file.writestr(name, each)
    with pytest.raises(FormatError, match="two of its members have the same name"):
        load(path)
