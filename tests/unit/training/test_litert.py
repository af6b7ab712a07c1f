"""What LiteRT makes of a file of ours, held against Keras."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from ae_core.codecs.codec import LiteRtModel
from ae_core.config.config import Config
from ae_core.config.hyperparameters import ACTIVATIONS
from ae_core.training.litert import ALIGNMENT, litert_file
from ae_core.training.networks import Network, build_network
from tests.unit.tiny import CONV, DENSE, VARIATIONAL

RANDOM = np.random.default_rng(0)
OUTPUTS = {"elu": "sigmoid", "gelu": "sigmoid"}
"""Activations that an output cannot have, and what it has instead."""
DEEP = replace(CONV, filters=(4, 6, 5), dropout=0.1, loss="mse")
"""With a convolution that halves nothing, and with dropout."""


def network_of(config: Config) -> Network:
    """A network whose biases are not the zeros they begin with."""
    network = build_network(config)
    for variable in network.trainable_variables:
        if len(variable.shape) == 1:
            variable.assign(RANDOM.normal(0, 0.3, variable.shape))
    return network


def models(config: Config) -> list[keras.Model]:
    network = network_of(config)
    return [model for model in (network.encoder, network.decoder, network.posterior) if model]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("config", [replace(DENSE, loss="mse"), DEEP], ids=["dense", "conv"])
def test_it_computes_what_keras_does_for_one_image_and_for_many(config: Config, activation: str) -> None:
    config = replace(
        config,
        hidden_activation=activation,
        code_activation=activation,
        output_activation=OUTPUTS.get(activation, activation),
    )
    for model in models(config):
        assert_same(model)


def test_a_posterior_gives_the_mean_then_the_logarithm_of_the_variance() -> None:
    encoder, _, posterior = models(VARIATIONAL)
    assert_same(posterior)
    images = RANDOM.uniform(0, 1, (3, 28, 28)).astype(np.float32)
    means = LiteRtModel(litert_file(posterior), 1)(images, expected=(28, 28))[:, : VARIATIONAL.latent_dim]
    assert np.array_equal(means, LiteRtModel(litert_file(encoder), 1)(images, expected=(28, 28)))


def assert_same(model: keras.Model) -> None:
    made, shape = LiteRtModel(litert_file(model), 1), model.input.shape[1:]
    values = RANDOM.normal(0, 1, (5, *shape)).astype(np.float32)
    expected = np.asarray(model(values, training=False))
    assert expected.std() > 0
    assert np.abs(made(values, expected=shape) - expected).max() < 1e-5
    assert np.abs(made(values[:1], expected=shape) - expected[:1]).max() < 1e-5


def test_weights_lie_where_litert_can_read_them_in_place() -> None:
    content = litert_file(models(CONV)[0])
    model = schema.Model.GetRootAs(content)
    # What a vector's first element is at, past its table's start.
    places = [model.Buffers(at)._tab for at in range(model.BuffersLength()) if model.Buffers(at).DataLength()]
    assert places
    assert [tab.Vector(tab.Offset(4)) % ALIGNMENT for tab in places] == [0] * len(places)


def test_others_find_its_signature_and_any_number_of_images_fits() -> None:
    content = litert_file(models(DENSE)[0])
    interpreter = Interpreter(model_content=content)
    assert interpreter.get_signature_list() == {
        "serving_default": {"inputs": ["encoder_input"], "outputs": ["output_0"]}
    }
    assert list(interpreter.get_input_details()[0]["shape_signature"]) == [-1, 28, 28]
    assert content[4:8] == b"TFL3"


def test_a_layer_that_it_does_not_know_is_refused() -> None:
    inputs = keras.Input((4,))
    with pytest.raises(KeyError, match="Softmax"):
        litert_file(keras.Model(inputs, keras.layers.Softmax()(inputs)))
