"""Config as a whole: what goes together, and which trainings have the same key."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from ae_core.config.config import Config
from ae_core.config.fields import Choice
from ae_core.config.hyperparameters import FIELDS
from ae_core.config.plan import plan_layers
from ae_core.config.precision import FLOAT32, MIXED
from ae_core.config.presets import CATALOGUE, PRESETS
from ae_core.errors import ConfigError

# A base under which every field but those of `BASES` matters, and another value for each field.
BASE = Config(loss="mse", precision=FLOAT32)
BASES = {
    "filters": replace(BASE, architecture="conv"),
    "momentum": replace(BASE, optimizer="sgd"),
    "weight_decay": replace(BASE, optimizer="adamw"),
    "beta": replace(BASE, family="variational"),
}
OTHERS: dict[str, Any] = {
    "dataset": "fashion_mnist",
    "classes": (0, 1),
    "train_size": 512,
    "family": "variational",
    "architecture": "conv",
    "encoder_widths": (300,),
    "decoder_widths": (300,),
    "filters": (8,),
    "latent_dim": 7,
    "hidden_activation": "tanh",
    "code_activation": "tanh",
    "output_activation": "linear",
    "initializer": "he_normal",
    "loss": "bce",
    "beta": 4.0,
    "weight_l2": 0.5,
    "code_l1": 0.5,
    "dropout": 0.5,
    "input_noise": 0.5,
    "optimizer": "sgd",
    "learning_rate": 0.5,
    "schedule": "cosine",
    "momentum": 0.5,
    "weight_decay": 0.5,
    "batch_size": 17,
    "precision": MIXED,
    "steps": 17,
    "seed": 17,
    "continues": "0123456789ab",
}
WITH_ALTERNATIVES = [name for name, field in FIELDS.items() if not isinstance(field, Choice) or len(field.choices) > 1]


@pytest.mark.parametrize("name", WITH_ALTERNATIVES)
def test_another_value_of_a_field_that_matters_gives_another_key(name: str) -> None:
    base = BASES.get(name, BASE)
    assert replace(base, **{name: OTHERS[name]}).key != base.key


@pytest.mark.parametrize(
    ("base", "changes"),
    [
        ({}, {"filters": (8, 8)}),
        ({}, {"momentum": 0.5}),
        ({}, {"weight_decay": 0.5}),
        ({"optimizer": "sgd"}, {"weight_decay": 0.5}),
        ({"optimizer": "adamw"}, {"momentum": 0.5}),
        ({"architecture": "conv"}, {"encoder_widths": (3,), "decoder_widths": (4, 5)}),
        ({"encoder_widths": (64, 32)}, {"decoder_widths": (32, 64)}),
        ({}, {"beta": 4.0}),
        ({"family": "variational"}, {"code_activation": "relu", "code_l1": 0.5}),
        ({"encoder_widths": ()}, {"hidden_activation": "tanh", "dropout": 0.5}),
        ({"classes": (1, 2)}, {"classes": (2, 1, 1)}),
    ],
)
def test_a_field_that_is_ignored_does_not_change_the_key(base: dict[str, Any], changes: dict[str, Any]) -> None:
    assert Config(**base, loss="mse").key == Config(**(base | changes), loss="mse").key


@pytest.mark.parametrize("name", PRESETS)
def test_the_canonical_form_is_the_same_training(name: str) -> None:
    config = replace(PRESETS[name], filters=(9,), momentum=0.1)
    assert config.canonical.key == config.key
    assert config.canonical.canonical == config.canonical


@pytest.mark.parametrize(("name", "key"), [("quick-start", "4bbc9845c4e6"), ("article", "ab983a5090c1")])
def test_runs_of_earlier_versions_keep_their_keys(name: str, key: str) -> None:
    assert replace(PRESETS[name], precision=FLOAT32).key == key


@pytest.mark.parametrize("output", ["linear", "relu", "leaky_relu", "tanh"])
def test_squared_error_takes_every_output(output: str) -> None:
    assert Config(loss="mse", output_activation=output).key != Config(loss="mse").key


def test_a_key_is_twelve_hexadecimal_digits() -> None:
    assert len(Config().key) == 12
    assert int(Config().key, 16)


@pytest.mark.parametrize("output", ["linear", "relu", "leaky_relu", "tanh"])
def test_cross_entropy_needs_a_sigmoid(output: str) -> None:
    with pytest.raises(ConfigError, match=rf"Received: {output}\. Choose sigmoid, or the loss mse") as caught:
        Config(loss="bce", output_activation=output)
    assert caught.value.field == "output_activation"


def test_a_config_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Config().steps = 5  # type: ignore[misc]


def test_an_unknown_field_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="Received: 'stepz'") as caught:
        Config.from_text({"stepz": "5"})
    assert caught.value.field == "stepz"


def test_texts_change_the_base_they_are_given() -> None:
    config = Config.from_text({"steps": "5", "decoder_widths": "mirrored"}, base=PRESETS["article"])
    assert config == replace(PRESETS["article"], steps=5, decoder_widths=None)


def test_the_default_config_has_no_text() -> None:
    assert Config().to_text() == {}


def test_the_json_of_a_config_names_every_field() -> None:
    assert list(Config().to_json()) == list(FIELDS)


def test_an_error_keeps_its_field_on_the_way_from_a_worker() -> None:
    error = pickle.loads(pickle.dumps(ConfigError("steps", "steps must be fewer.")))
    assert (type(error), error.field, str(error)) == (ConfigError, "steps", "steps must be fewer.")


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_can_be_built_and_is_explained(name: str) -> None:
    assert plan_layers(PRESETS[name]).params > 0
    assert CATALOGUE[name].title
    assert CATALOGUE[name].text


def test_presets_are_different_trainings() -> None:
    assert len({config.key for config in PRESETS.values()}) == len(PRESETS)


def test_the_article_has_the_parameters_of_the_article() -> None:
    assert plan_layers(PRESETS["article"]).params == 1_100_320
