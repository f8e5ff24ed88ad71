"""Model files: the same bits back, and a clear no to everything else."""

import hashlib
import json
import os
import pickle
import zipfile

import numpy as np
import pytest

from mmdl import fusion, layers, tree
from mmdl.errors import DataError, FormatError
from mmdl.layers import BatchNorm, Dense, Dropout, ReLU, SequencePool, Sequential, training_mode
from mmdl.models.kinds import KINDS
from mmdl.training import Adam, fit, load, predictions, save


@pytest.fixture
def small():
    rng = np.random.default_rng(0)
    return Sequential((Dense.init(rng, 3, 4), ReLU(), Dense.init(rng, 4, 2), SequencePool("max")))


@pytest.fixture
def file(tmp_path, small):
    path = tmp_path / "model.npz"
    save(path, small, history={"loss": [1.5]})
    return path


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewrite(path, **changes):
    """Write the archive again with some members replaced, or left out where the change is None."""
    changed = members(path) | {name.replace("__", "."): value for name, value in changes.items()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in changed.items():
            if content is not None:
                archive.writestr(name, content)


def rewrite_manifest(path, change):
    manifest = json.loads(members(path)["manifest.json"])
    change(manifest)
    rewrite(path, manifest__json=json.dumps(manifest))


def npy(array, allow_pickle=False):
    from io import BytesIO

    stream = BytesIO()
    np.save(stream, array, allow_pickle=allow_pickle)
    return stream.getvalue()


def test_trained_classifier_comes_back_bit_by_bit(model, train, tmp_path):
    fitted = fit(model, train, optimizer=Adam(), epochs=2, rng=np.random.default_rng(0))
    save(tmp_path / "model.npz", fitted.model, history=fitted.history, data="columns")
    loaded, extras = load(tmp_path / "model.npz")
    assert tree.equal(loaded, fitted.model)
    assert extras == {"history": fitted.history, "data": "columns"}
    np.testing.assert_array_equal(predictions(loaded, train), predictions(fitted.model, train))
    assert loaded.preprocessors == model.preprocessors and loaded.classes == model.classes


def test_path_may_be_a_string_and_have_any_ending(tmp_path, small):
    save(f"{tmp_path}/model.backup", small)
    assert os.listdir(tmp_path) == ["model.backup"]
    assert tree.equal(load(f"{tmp_path}/model.backup")[0], small)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_loaded_arrays_can_be_trained(tmp_path, dtype):
    turned = Sequential((Dense(np.arange(6, dtype=dtype).reshape(2, 3).T, np.arange(4, dtype=dtype)[::2]),))
    save(tmp_path / "model.npz", turned)
    loaded, _ = load(tmp_path / "model.npz")
    assert tree.equal(loaded, turned)
    for _, array in tree.leaves(loaded):
        assert array.flags.c_contiguous and array.flags.writeable and array.flags.aligned


def test_what_is_shared_stays_shared_and_is_written_once(tmp_path):
    dense = Dense.init(np.random.default_rng(0), 3, 3)
    save(tmp_path / "model.npz", Sequential((dense, ReLU(), dense)))
    assert len(members(tmp_path / "model.npz")) == 3
    first, _, second = load(tmp_path / "model.npz")[0].layers
    assert first.W is second.W and first.b is second.b and first.W is not dense.W


def test_file_is_an_npz_with_a_readable_manifest(file, small):
    with np.load(file, allow_pickle=False) as archive:
        assert set(archive.files) == {"manifest.json", *(path for path, _ in tree.leaves(small))}
        np.testing.assert_array_equal(archive["layers.0.W"], small.layers[0].W)
    manifest = json.loads(members(file)["manifest.json"])
    assert manifest["format"] == "mmdl model" and manifest["version"] == 2
    about = {"shape": [3, 4], "dtype": "float32", "sha256": hashlib.sha256(small.layers[0].W.tobytes()).hexdigest()}
    assert manifest["arrays"]["layers.0.W"] == about


def test_other_byte_order_is_read(file, small):
    swapped = small.layers[0].W.astype(">f4", order="F")
    rewrite(file, **{"layers.0.W.npy": npy(swapped)})
    loaded, _ = load(file)
    assert tree.equal(loaded, small)
    assert loaded.layers[0].W.dtype.isnative and loaded.layers[0].W.flags.c_contiguous


@pytest.mark.parametrize("layer", [Dropout(0.5), BatchNorm.init(4)], ids=["dropout", "batch norm"])
def test_model_in_training_mode_cannot_be_saved(tmp_path, layer):
    with pytest.raises(FormatError, match="training mode"):
        save(tmp_path / "model.npz", training_mode(Sequential((layer,)), np.random.default_rng(0)))
    assert os.listdir(tmp_path) == []


class Stranger(ReLU):
    pass


@pytest.mark.parametrize("thing", [Sequential((Stranger(),)), (ReLU(),), {"a": ReLU()}, np.zeros(3), 5])
def test_what_could_not_be_loaded_is_not_saved(tmp_path, thing):
    with pytest.raises(FormatError, match=r"no known kind|is no model"):
        save(tmp_path / "model.npz", thing)
    assert os.listdir(tmp_path) == []


def test_every_layer_and_fusion_is_a_known_kind():
    ours = [*vars(layers).values(), *vars(fusion).values()]
    for kind in ours:
        if isinstance(kind, type) and issubclass(kind, layers.Layer) and kind not in (layers.Layer, fusion.Fusion):
            assert KINDS[kind.__name__] is kind


BROKEN = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("no model at all"),
    "pickle": lambda path: path.write_bytes(pickle.dumps({"W": 1})),
    "one array": lambda path: path.write_bytes(npy(np.zeros(3))),
    "foreign npz": lambda path: np.savez(path, W=np.zeros(3)),
    "no manifest": lambda path: rewrite(path, manifest__json=None),
    "manifest is an array": lambda path: rewrite(path, manifest__json=npy(np.zeros(3))),
    "manifest is no JSON": lambda path: rewrite(path, manifest__json="{"),
    "manifest is a list": lambda path: rewrite(path, manifest__json="[]"),
    "manifest is no text": lambda path: rewrite(path, manifest__json=b"\xff\xfe\x00"),
    "other format": lambda path: rewrite_manifest(path, lambda m: m.update(format="cake")),
    "newer version": lambda path: rewrite_manifest(path, lambda m: m.update(version=3)),
    "version zero": lambda path: rewrite_manifest(path, lambda m: m.update(version=0)),
    "no version": lambda path: rewrite_manifest(path, lambda m: m.pop("version")),
    "no model": lambda path: rewrite_manifest(path, lambda m: m.pop("model")),
    "no extras": lambda path: rewrite_manifest(path, lambda m: m.pop("extras")),
    "model is a number": lambda path: rewrite_manifest(path, lambda m: m.update(model=5)),
    "model is a list": lambda path: rewrite_manifest(path, lambda m: m.update(model=[m["model"]])),
    "model is an array": lambda path: rewrite_manifest(path, lambda m: m.update(model={"array": "layers.0.W"})),
    "unknown kind": lambda path: rewrite_manifest(path, lambda m: m["model"].update(kind="os.system")),
    "kind is a list": lambda path: rewrite_manifest(path, lambda m: m["model"].update(kind=["Dense"])),
    "unknown field": lambda path: rewrite_manifest(path, lambda m: m["model"]["fields"].update(evil=1)),
    "setting out of range": lambda path: rewrite_manifest(
        path, lambda m: m["model"]["fields"]["layers"][3]["fields"].update(kind="min")
    ),
    "array is missing": lambda path: rewrite(path, **{"layers.0.W.npy": None}),
    "array is not listed": lambda path: rewrite_manifest(path, lambda m: m["arrays"].pop("layers.0.W")),
    "array of another shape": lambda path: rewrite(path, **{"layers.0.W.npy": npy(np.zeros((4, 3), "f4"))}),
    "array of another dtype": lambda path: rewrite(path, **{"layers.0.W.npy": npy(np.zeros((3, 4)))}),
    "array of objects": lambda path: rewrite(
        path, **{"layers.0.W.npy": npy(np.array([[print] * 4] * 3), allow_pickle=True)}
    ),
    "array is no array": lambda path: rewrite(path, **{"layers.0.W.npy": b"hello"}),
    "array is huge": lambda path: rewrite(
        path,
        **{"layers.0.W.npy": npy(np.zeros((3, 4), "f4")).replace(b"(3, 4), }    ", b"(3, 40000000)}")},
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_bad_file_is_named_in_one_sentence(file, name):
    BROKEN[name](file)
    with pytest.raises(FormatError) as error:
        load(file)
    sentence = str(error.value)
    assert str(file) in sentence and "\n" not in sentence and len(sentence) < len(str(file)) + 700


def test_messages_say_what_is_wrong(file):
    for number, version in (("newer version", 3), ("version zero", 0)):
        BROKEN[number](file)
        with pytest.raises(FormatError, match=f"this is version {version} of the format"):
            load(file)
    BROKEN["unknown kind"](file)
    BROKEN["other format"](file)
    with pytest.raises(FormatError, match="'cake'"):
        load(file)


def test_arrays_that_differ_from_the_manifest_are_named(file):
    BROKEN["array of another shape"](file)
    with pytest.raises(FormatError, match=r"'layers.0.W' is float32 \[4, 3\], but .* float32 \[3, 4\]"):
        load(file)


def test_nothing_in_a_file_is_run(file, tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    rewrite(file, **{"layers.0.W.npy": npy(np.array([[Trap()] * 4] * 3), allow_pickle=True)})
    with pytest.raises(FormatError):
        load(file)
    assert not (tmp_path / "sprung").exists()


def test_every_truncated_file_is_refused(file):
    whole = file.read_bytes()
    for length in range(0, len(whole), 37):
        file.write_bytes(whole[:length])
        with pytest.raises(FormatError):
            load(file)


@pytest.mark.filterwarnings("error")
def test_flipped_bits_are_refused_or_do_no_harm(file, small):
    whole = file.read_bytes()
    refused = 0
    for place in range(0, len(whole), 7):
        broken = bytearray(whole)
        broken[place] ^= 0xFF
        file.write_bytes(broken)
        try:
            model, extras = load(file)
        except FormatError:
            refused += 1
        else:  # a date in the archive's directory, say
            assert tree.equal(model, small) and extras == {"history": {"loss": [1.5]}}
    assert refused > len(whole) / 7 / 2


def test_missing_file_is_no_format_error(tmp_path):
    for path in (tmp_path / "nowhere.npz", tmp_path):
        with pytest.raises(DataError, match="cannot be read: ") as error:
            load(path)
        assert not isinstance(error.value, FormatError) and str(path) in str(error.value)


def test_unwritable_place_is_said(tmp_path, small):
    with pytest.raises(DataError, match=r"nowhere/model.npz cannot be written: No such file"):
        save(tmp_path / "nowhere" / "model.npz", small)


@pytest.mark.parametrize(
    "mistake, seen",
    [(OSError(28, "No space left on device"), DataError), (KeyboardInterrupt(), KeyboardInterrupt)],
)
def test_write_that_fails_leaves_the_old_file(file, small, monkeypatch, mistake, seen):
    before = file.read_bytes()
    written = []

    def fails_at_the_third(member, array, **settings):
        written.append(array)
        if len(written) == 3:
            raise mistake

    monkeypatch.setattr(np.lib.format, "write_array", fails_at_the_third)
    with pytest.raises(seen):
        save(file, small)
    assert file.read_bytes() == before
    assert os.listdir(file.parent) == [file.name]


def test_extras_that_are_no_json_leave_the_old_file(file, small):
    before = file.read_bytes()
    with pytest.raises(TypeError):
        save(file, small, history=np.zeros(3))
    assert file.read_bytes() == before and os.listdir(file.parent) == [file.name]


def test_saving_again_replaces(file, small):
    other = tree.map(lambda p: p + 1, small)
    save(file, other, note="ünïcode ✓")
    loaded, extras = load(file)
    assert tree.equal(loaded, other) and extras == {"note": "ünïcode ✓"}
    assert "ünïcode ✓" in members(file)["manifest.json"].decode()  # as it can be read in the file, too
