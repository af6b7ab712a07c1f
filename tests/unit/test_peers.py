"""Those whom the benchmark of trainings compares with: each trains the network it is said to train."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from ae_core.config.config import Config
from ae_core.config.plan import plan_layers
from ae_core.config.precision import FLOAT32, MIXED
from benchmarks import training
from benchmarks.peers.trainer import ENDLESS, NETWORKS, OURS, PEERS, Peer, Trainer, layers_with_widths, seconds_until
from benchmarks.quality import Reached, _enough, trained
from benchmarks.rows import BenchmarkError, Row
from benchmarks.training import compare, peer_rows
from tests.unit.tiny import DENSE as TINY

DENSE = Config(
    encoder_widths=(12,), latent_dim=5, loss="mse", output_activation="relu", optimizer="rmsprop", learning_rate=0.001,
    batch_size=50, steps=ENDLESS,
)  # fmt: skip
CONVOLUTIONAL = replace(
    DENSE,
    architecture="conv",
    filters=(3, 4),
    loss="bce",
    output_activation="sigmoid",
    optimizer="adam",
    learning_rate=0.01,
)
HERE = [name for name, peer in PEERS.items() if not peer.missing]
TRAINING = [name for name in HERE if "convolutional" in PEERS[name].networks]


def trainer(name: str, config: Config) -> Trainer:
    built: Trainer = import_module(f"benchmarks.peers.{PEERS[name].module}").build(config)
    return built


@pytest.mark.parametrize("config", [DENSE, CONVOLUTIONAL], ids=["dense", "convolutional"])
@pytest.mark.parametrize("name", TRAINING)
def test_a_peer_has_our_parameters_and_its_loss_falls(name: str, config: Config) -> None:
    peer = trainer(name, config)
    losses = peer.advance(50)
    assert peer.params == plan_layers(config).params
    assert len(losses) == 50
    assert np.mean(losses[-10:]) < 0.9 * losses[0]


@pytest.mark.parametrize("name", [name for name in HERE if PEERS[name].learns])
def test_a_peer_that_learns_is_trained_until_it_is_as_good_as_asked(name: str) -> None:
    entropy = replace(CONVOLUTIONAL, architecture="dense", encoder_widths=(64,))
    peer = trainer(name, entropy)
    peer.advance(25)
    error = peer.squared_error()
    assert 0.02 < error < 0.12
    assert seconds_until(name, entropy, 0.9 * error) > 0


def test_time_to_quality_is_that_of_a_training_that_is_good_enough() -> None:
    reached = Reached(seconds=40.0, squared_error=2.9, neg_elbo=None)
    assert _enough(reached, "squared_error", 3.0) == 40.0
    for figure, limit in (("squared_error", 2.8), ("neg_elbo", 100.0)):
        with pytest.raises(BenchmarkError, match=f"should reach a {figure} of {limit:g}"):
            _enough(reached, figure, limit)


def test_a_training_of_ours_is_timed_as_a_whole(tmp_path: Path) -> None:
    reached = trained(replace(TINY, steps=3), tmp_path)
    assert reached.seconds > 0
    assert 20 < reached.squared_error < 300
    assert reached.neg_elbo is None


@pytest.mark.parametrize("name", HERE)
def test_a_peer_tells_its_rate(name: str) -> None:
    assert trainer(name, DENSE).rate(50) > 0


def test_the_bare_products_are_those_of_all_dense_layers() -> None:
    assert PEERS["products"].networks == ("dense",)
    wide = [(width, layer.shape[0]) for width, layer in layers_with_widths(DENSE) if layer.kind == "dense"]
    assert wide == [(784, 12), (12, 5), (5, 12), (12, 784)]


def test_all_train_networks_of_the_app() -> None:
    assert [config.schedule for config in NETWORKS.values()] == ["constant"] * len(NETWORKS)
    assert plan_layers(NETWORKS["dense"]).params == 1_100_320


class Slow(Trainer):
    """Takes half a second for a step, by a clock of its own."""

    def __init__(self) -> None:
        self.steps: list[int] = []

    def advance(self, steps: int) -> Sequence[float]:
        self.steps.append(steps)
        return []

    def _seconds(self, steps: int) -> float:
        self.advance(steps)
        return 0.5 * steps


@pytest.mark.parametrize(("steps", "trained"), [(400, [50]), (100, [50, 100])])
def test_a_turn_that_would_take_minutes_is_cut_short(steps: int, trained: list[int]) -> None:
    slow = Slow()
    assert slow.rate(steps) == 2
    assert slow.steps == trained


def test_who_is_not_installed_is_said_to_be_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(PEERS, "away", Peer("Away", "away", ("no_such_package",)))
    assert training.installed("dense")[0] == OURS
    assert "away" not in training.installed("dense")
    assert "Away is missing: pip install -r requirements-bench.txt brings no_such_package" in capsys.readouterr().err


@pytest.mark.parametrize("other", [(11, 0.5), (10, 0.56)], ids=["parameters", "loss"])
def test_who_trains_something_else_is_not_compared(other: tuple[int, float]) -> None:
    with pytest.raises(BenchmarkError, match="Keras fit trains something else"):
        compare({OURS: (10, 0.5), "keras": other})


def test_losses_that_other_first_weights_explain_are_no_matter() -> None:
    compare({OURS: (10, 0.5), "keras": (10, 0.52), "products": (None, None)})


@pytest.fixture
def in_precision(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Has our side train in another precision than this machine's usual one."""

    def choose(precision: str) -> None:
        for name, config in NETWORKS.items():
            monkeypatch.setitem(NETWORKS, name, replace(config, precision=precision))

    return choose


def test_the_best_peer_of_a_convolutional_network_decides_if_nobody_is_missing(
    in_precision: Callable[[str], None],
) -> None:
    in_precision(MIXED)
    rates = {OURS: 80.0, "float32": 60.0, "keras": 40.0, "torch": 30.0, "jax": 50.0}
    assert [row.against for row in peer_rows("convolutional", rates)] == [60.0, 40.0, 30.0, 50.0, 50.0]
    best: Row = peer_rows("convolutional", rates)[-1]
    assert (best.ratio, best.reached) == (1.6, True)
    assert best.name.endswith("the best of them (JAX)")
    del rates["torch"]
    assert [row.bar for row in peer_rows("convolutional", rates)] == [None, None, None]


@pytest.mark.parametrize(
    ("precision", "reached"), [(MIXED, [True, True, False]), (FLOAT32, [True, None, None])], ids=["mixed", "float32"]
)
def test_bars_that_only_bfloat16_can_reach_are_asked_of_it_alone(
    precision: str, reached: list[bool | None], in_precision: Callable[[str], None]
) -> None:
    in_precision(precision)
    rows = peer_rows("dense", {OURS: 120.0, "keras": 60.0, "jax": 100.0, "products": 110.0})
    assert [row.reached for row in rows] == reached
