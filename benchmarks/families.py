"""What the other families cost: a variational training against a plain one, and PCA against scikit-learn's."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from ae_core.codecs.pca import PcaBasis
from ae_core.config.config import Config
from ae_core.config.presets import PRESETS
from ae_core.datasets.catalogue import load_dataset
from benchmarks.loops import SETTLING
from benchmarks.rows import Bar, Row, alternate, say
from benchmarks.sides import Side

NAME = "families"
AGAINST_PLAIN = Bar(0.9, "least")
AGAINST_LIBRARY = Bar(1.0, "most")
VARIATIONAL = PRESETS["variational"]
PLAIN = replace(VARIATIONAL, family="autoencoder")
COMPONENTS = 256

_steppers: dict[Config, Any] = {}


def measure(*, quick: bool) -> list[Row]:
    """Steps a second of both families, and seconds of both fits."""
    return [_variational(quick=quick), _pca(quick=quick)]


def _variational(*, quick: bool) -> Row:
    rounds, steps = (5, 60) if quick else (9, 200)
    say(f"  a variational training against a plain one: {rounds} rounds of {steps} steps each")
    with Side("The variational training") as ours, Side("The plain training") as plain:
        ours.ask(steps_a_second, VARIATIONAL, SETTLING)
        plain.ask(steps_a_second, PLAIN, SETTLING)
        ours.answer()
        plain.answer()
        value, against = alternate(
            lambda: float(ours.call(steps_a_second, VARIATIONAL, steps)),
            lambda: float(plain.call(steps_a_second, PLAIN, steps)),
            rounds=rounds,
        )
    return Row(
        NAME, "variational training, against the plain autoencoder of the same sizes",
        value, "steps/s", against, AGAINST_PLAIN,
    )  # fmt: skip


def _pca(*, quick: bool) -> Row:
    rounds = 3 if quick else 7
    say(f"  PCA of 60000 images: {rounds} rounds")
    with Side("Our PCA") as ours, Side("scikit-learn's PCA") as theirs:
        value, against = alternate(
            lambda: float(ours.call(our_fit)), lambda: float(theirs.call(their_fit)), rounds=rounds
        )
    return Row(
        NAME, "PCA of 60000 images, against scikit-learn's with covariance_eigh", value, "s", against, AGAINST_LIBRARY
    )


def steps_a_second(config: Config, steps: int) -> float:
    """Going on with the training of `config` that this process has, or beginning one."""
    from ae_core.training.loop import Stepper

    if config not in _steppers:
        _steppers[config] = Stepper(config, load_dataset("mnist"))
    began = time.perf_counter()
    _steppers[config].advance(steps)
    return steps / (time.perf_counter() - began)


def our_fit() -> float:
    """Seconds for the basis that all numbers of dimensions are taken from, from bytes as we have them."""
    pixels = load_dataset("mnist").train_pixels
    began = time.perf_counter()
    PcaBasis.fit(pixels)
    return time.perf_counter() - began


def their_fit() -> float:
    """Seconds for as many components, from floats as scikit-learn wants them, which are made before."""
    from sklearn.decomposition import PCA

    images = load_dataset("mnist").train_images
    rows = images.reshape(len(images), -1)
    began = time.perf_counter()
    PCA(n_components=COMPONENTS, svd_solver="covariance_eigh").fit(rows)
    return time.perf_counter() - began
