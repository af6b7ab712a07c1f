"""A head that is kept with its run: the same answers as the network's that learned, and none from a damaged file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ae_core.classification.heads import HEAD_FILE, Head, keep_head, load_head
from ae_core.classification.networks import Task, train_head
from ae_core.codecs.codec import weights_of
from ae_core.npz import write_npz
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from tests.small import copied

RANDOM = np.random.default_rng(0)
CODES = (20 + 5 * RANDOM.standard_normal((300, 4))).astype(np.float32)


@pytest.fixture
def run(dense_run: Run, store: RunStore) -> Run:
    return copied(dense_run, store)


def some_head(run: Run, *, labels: int = 100, seed: int = 0, units: int = 6) -> Head:
    def normal(*shape: int) -> Any:
        return RANDOM.standard_normal(shape).astype(np.float32)

    hidden, output = (normal(4, units), normal(units)), (normal(units, 2), normal(2))
    return Head(hidden, output, np.array([3, 7]), labels, seed, 0.9, weights_of(run))


def test_the_kept_layers_say_what_the_network_said_that_learned() -> None:
    labels = (CODES[:, 0] > 20).astype(int)
    task = Task(CODES[:200], labels[:200], CODES[200:], labels[200:], classes=2, seed=0)
    (hidden, output), probabilities = train_head(task, report=lambda *_: None)
    head = Head(hidden, output, np.array([0, 1]), 200, 0, 1.0, "")
    assert head.probabilities(CODES[200:]) == pytest.approx(probabilities, abs=1e-4)
    assert np.mean(probabilities.argmax(axis=1) == labels[200:]) > 0.9


def test_a_head_comes_back_as_it_was_kept(run: Run) -> None:
    head = some_head(run)
    keep_head(run, head)
    kept = load_head(run)
    assert kept is not None
    assert np.array_equal(kept.probabilities(CODES), head.probabilities(CODES))
    assert kept.probabilities(CODES).sum(axis=1) == pytest.approx(1)
    assert (kept.classes.tolist(), kept.labels, kept.seed, kept.accuracy) == ([3, 7], 100, 0, 0.9)


@pytest.mark.parametrize(("labels", "seed", "wins"), [(10, 0, False), (100, 1, False), (100, 0, True), (300, 4, True)])
def test_the_head_of_the_most_labels_is_kept(run: Run, labels: int, seed: int, wins: bool) -> None:
    keep_head(run, some_head(run))
    keep_head(run, some_head(run, labels=labels, seed=seed, units=9))
    kept = load_head(run)
    assert kept is not None
    assert (kept.hidden[1].size == 9) == wins


def test_a_head_of_earlier_weights_counts_as_none_and_gives_way(run: Run) -> None:
    keep_head(run, replace(some_head(run, labels=1000), weights="0123456789ab"))
    assert load_head(run) is None
    keep_head(run, some_head(run, labels=10))
    assert load_head(run) is not None


@pytest.mark.parametrize("damage", ["cut short", "another code", "missing part"])
def test_a_damaged_head_counts_as_none(run: Run, damage: str) -> None:
    head = some_head(run)
    keep_head(run, head)
    path = run.path / HEAD_FILE
    if damage == "cut short":
        path.write_bytes(path.read_bytes()[:200])
    elif damage == "another code":
        path.unlink()
        keep_head(run, replace(head, hidden=(np.zeros((5, 6), np.float32), head.hidden[1])))
    else:
        with np.load(path) as arrays:
            rest = {name: arrays[name] for name in arrays if name != "classes"}
        write_npz(path, rest)
    assert load_head(run) is None


def test_a_run_without_a_head_has_none(run: Run) -> None:
    assert load_head(run) is None


def test_the_browser_gets_two_dense_layers(run: Run) -> None:
    head = some_head(run)
    spec, content = head.browser_network()
    weights = np.frombuffer(content, "<f4")
    values = CODES
    for layer in spec["encoder"]:
        (at, count), (bias_at, bias_count) = layer["kernel"], layer["bias"]
        kernel = weights[at : at + count].reshape(-1, *layer["shape"])
        values = values @ kernel + weights[bias_at : bias_at + bias_count]
        values = np.maximum(values, 0) if layer["activation"] == "relu" else values
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    assert powers / powers.sum(axis=1, keepdims=True) == pytest.approx(head.probabilities(CODES), abs=1e-5)
    assert spec["decoder"] == []
