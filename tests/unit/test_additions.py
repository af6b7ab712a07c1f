"""What CONTRIBUTING.md promises: a loss, an architecture and a preset are each one file and one entry of a table.

They are added to a copy of the core, which then trains with all three of them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

LOSS = """
import tensorflow as tf


def mean_absolute_error(images, reconstructions):
    return tf.reduce_mean(tf.abs(images - reconstructions))
"""
ARCHITECTURE = """
from ae_core.config.architecture import Architecture
from ae_core.config.layers import IMAGE_SHAPE, PIXELS, Layer, Plan, dense_layer


def plan(config):
    encoder = Layer("flatten", (PIXELS,)), dense_layer(PIXELS, config.latent_dim, config.code_activation)
    decoder = dense_layer(config.latent_dim, PIXELS, config.output_activation), Layer("reshape", IMAGE_SHAPE)
    return Plan(encoder, decoder)


SHALLOW = Architecture("Shallow", (), "latent_dim", "codes", plan)
"""
PRESET = """    "added": Preset(
        "Added", "What it shows.", Config(architecture="shallow", loss="mae", train_size=64, latent_dim=3, steps=4)
    ),
"""


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a copy of the core with one more of each."""
    folder = tmp_path_factory.mktemp("additions")
    data = ROOT / "ae_core" / "datasets" / "data"
    shutil.copytree(ROOT / "ae_core", folder / "ae_core", ignore=shutil.ignore_patterns("data", "__pycache__"))
    (folder / "ae_core" / "datasets" / "data").symlink_to(data, target_is_directory=True)
    (folder / "ae_core/training/absolute_error.py").write_text(LOSS)
    add(
        folder / "ae_core/config/losses.py",
        '    "mae": Loss("Absolute error", "training.absolute_error:mean_absolute_error"),\n',
    )
    (folder / "ae_core/config/shallow.py").write_text(ARCHITECTURE)
    table = folder / "ae_core/config/architectures.py"
    source = table.read_text().replace('"conv": CONV}', '"conv": CONV, "shallow": SHALLOW}')
    table.write_text(source.replace("import DENSE\n", "import DENSE\nfrom ae_core.config.shallow import SHALLOW\n"))
    add(folder / "ae_core/config/presets.py", PRESET)
    return folder


def add(path: Path, entry: str) -> None:
    """Put `entry` at the end of the first table in a file."""
    table, end, rest = path.read_text().partition("\n}\n")
    path.write_text(f"{table}\n{entry}{end[1:]}{rest}")


def shell(core: Path, *arguments: str) -> dict[str, Any]:
    environment = os.environ | {"AE_RUNS": str(core / "runs"), "PYTHONPATH": str(core)}
    command = [sys.executable, "-m", "ae_core", *arguments, "--json"]
    done = subprocess.run(command, cwd=core, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_an_added_preset_is_listed_and_trains_the_added_architecture_with_the_added_loss(core: Path) -> None:
    (added,) = (preset for preset in shell(core, "presets")["presets"] if preset["name"] == "added")
    assert (added["title"], added["params"]) == ("Added", 785 * 3 + 4 * 784)
    figures = shell(core, "train", "--preset", "added")
    assert (figures["state"], figures["steps"], figures["params"]) == ("finished", 4, added["params"])
    config = json.loads((Path(figures["path"]) / "config.json").read_text())
    assert (config["architecture"], config["loss"]) == ("shallow", "mae")
