"""What a training leaves for others: Keras files without our package, and plain weights for the browser."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from ae_core.codecs.codec import LiteRtCodec, open_codec, read_network
from ae_core.config.plan import plan_layers
from ae_core.datasets.dataset import Dataset
from ae_core.errors import RunNotFoundError, StoreError
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from ae_core.training.export import browser_network, export_network
from ae_core.training.networks import build_network
from tests.unit.tiny import CONV, DENSE

RUNS = ["dense_run", "conv_run"]

# What somebody does who has Keras and two files, and has never heard of us.
STRANGER = """
import importlib.util, sys
import keras, numpy as np
assert importlib.util.find_spec("ae_core") is None
images = np.load("images.npy")
for folder in sys.argv[1:]:
    encoder = keras.models.load_model(f"{folder}/encoder.keras", safe_mode=True)
    decoder = keras.models.load_model(f"{folder}/decoder.keras", safe_mode=True)
    codes = encoder.predict(images, verbose=0)
    np.savez(folder.split("/")[-1], codes=codes, images=decoder.predict(codes, verbose=0))
"""


@pytest.fixture(scope="module")
def images(zeros_and_ones: Dataset) -> np.ndarray[Any, Any]:
    return zeros_and_ones.test_images[:50]


def test_the_keras_files_work_without_our_package_and_give_what_litert_gives(
    dense_run: Run, conv_run: Run, images: np.ndarray[Any, Any], tmp_path: Path
) -> None:
    np.save(tmp_path / "images.npy", images)
    command = [sys.executable, "-I", "-c", STRANGER, dense_run.path, conv_run.path]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    for run in (dense_run, conv_run):
        out, codec = np.load(tmp_path / f"{run.key}.npz"), open_codec(run)
        assert np.abs(out["codes"] - codec.encode(images)).max() < 1e-5
        assert np.abs(out["images"] - codec.decode(out["codes"])).max() < 1e-5


@pytest.mark.parametrize("name", RUNS)
def test_the_browser_gets_every_weight_of_the_keras_files(name: str, request: pytest.FixtureRequest) -> None:
    run: Run = request.getfixturevalue(name)
    spec, content = read_network(run)
    weights = np.frombuffer(content, "<f4")
    at = 0
    for half in ("encoder", "decoder"):
        layers = [layer for layer in keras.models.load_model(run.path / f"{half}.keras").layers if layer.weights]
        for entry, layer in zip([entry for entry in spec[half] if "kernel" in entry], layers, strict=True):
            for part in ("kernel", "bias"):
                values = getattr(layer, part).value.numpy().ravel()
                assert entry[part] == [at, values.size]
                assert np.array_equal(weights[at : at + values.size], values)
                at += values.size
    assert at == weights.size


def test_dense_layers_can_be_computed_from_what_the_browser_gets(dense_run: Run, images: np.ndarray[Any, Any]) -> None:
    spec, content = read_network(dense_run)
    weights, values = np.frombuffer(content, "<f4"), images.reshape(len(images), -1)
    functions = {"relu": lambda x: np.maximum(x, 0), "linear": lambda x: x, "sigmoid": lambda x: 1 / (1 + np.exp(-x))}
    outputs = []
    for entry in [layer for half in ("encoder", "decoder") for layer in [*spec[half], None]]:
        if entry is None:
            outputs.append(values)
        elif entry["kind"] == "dense":
            (kernel_at, kernel_size), (bias_at, bias_size) = entry["kernel"], entry["bias"]
            kernel = weights[kernel_at : kernel_at + kernel_size].reshape(-1, bias_size)
            values = functions[entry["activation"]](values @ kernel + weights[bias_at : bias_at + bias_size])
    codec = open_codec(dense_run)
    assert np.abs(outputs[0] - codec.encode(images)).max() < 1e-5
    assert np.abs(outputs[1].reshape(-1, 28, 28) - codec.decode(outputs[0])).max() < 1e-5


@pytest.mark.parametrize("output", ["leaky_relu", "tanh"])
@pytest.mark.parametrize("config", [DENSE, CONV], ids=["dense", "conv"])
def test_an_output_that_goes_below_zero_does_so_in_litert_too(
    config: Any, output: str, images: np.ndarray[Any, Any], tmp_path: Path
) -> None:
    run, network = (
        RunStore(tmp_path).create(config),
        build_network(replace(config, loss="mse", output_activation=output)),
    )
    export_network(network, run)
    made = np.asarray(network.decoder(network.encoder(images)))
    codec = LiteRtCodec.load(run.path)
    assert made.min() < 0
    assert np.abs(made - codec.decode(codec.encode(images))).max() < 1e-5
    assert browser_network(network)[0]["decoder"][-2]["activation"] == output


@pytest.mark.parametrize("config", [replace(DENSE, dropout=0.2), replace(CONV, dropout=0.2, filters=(3, 4, 5))])
def test_the_browser_gets_the_layers_of_the_plan_without_dropout(config: Any) -> None:
    plan, (spec, content) = plan_layers(config), browser_network(build_network(config))
    for half in ("encoder", "decoder"):
        expected = [
            (layer.kind, list(layer.shape), layer.activation, layer.strides)
            for layer in getattr(plan, half)
            if layer.kind != "dropout"
        ]
        found = [(entry["kind"], entry["shape"], entry["activation"], entry["strides"]) for entry in spec[half]]
        assert found == expected
    assert len(content) == 4 * plan.params
    assert json.loads(json.dumps(spec)) == spec


def test_a_disk_that_is_full_is_told_in_plain_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_model: Any, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keras.Model, "save", full)
    run = RunStore(tmp_path).create(DENSE)
    with pytest.raises(StoreError, match=r"Cannot write encoder\.keras .* Free some space"):
        export_network(build_network(DENSE), run)
    assert {path.name for path in run.path.iterdir()} == {"config.json", "status.json"}


def test_nothing_is_exported_for_a_deleted_run(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    run = store.create(DENSE)
    store.delete(run.key)
    with pytest.raises(RunNotFoundError):
        export_network(build_network(DENSE), run)
    assert list(tmp_path.iterdir()) == []
