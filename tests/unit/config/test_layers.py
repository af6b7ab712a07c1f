"""The plan of a network's layers, held against the Keras models that are built from it."""

from __future__ import annotations

from typing import Any

import pytest

from ae_core.config.config import Config
from ae_core.config.layers import Layer, Plan
from ae_core.config.plan import MOST_PARAMETERS, plan_layers
from ae_core.errors import ConfigError
from ae_core.training.networks import build_network

CONFIGS = {
    "no hidden layer": Config(encoder_widths=(), latent_dim=3),
    "one hidden layer": Config(encoder_widths=(20,), latent_dim=1),
    "three hidden layers": Config(encoder_widths=(20, 12, 8), latent_dim=5),
    "a decoder of its own": Config(encoder_widths=(20,), decoder_widths=(7, 9), latent_dim=5),
    "a decoder only": Config(encoder_widths=(), decoder_widths=(7,), latent_dim=5),
    "dense dropout": Config(encoder_widths=(20, 12), dropout=0.2),
    "one convolution": Config(architecture="conv", filters=(3,), latent_dim=5),
    "two convolutions": Config(architecture="conv", filters=(3, 5), latent_dim=5),
    "four convolutions": Config(architecture="conv", filters=(3, 5, 4, 6), latent_dim=5),
    "a variational code": Config(family="variational", encoder_widths=(20,), latent_dim=3, code_activation="relu"),
    "a variational code of maps": Config(family="variational", architecture="conv", filters=(3,), latent_dim=3),
    "dropout between convolutions": Config(architecture="conv", filters=(3, 5, 4), dropout=0.2),
}
KERAS_KINDS = {
    "Flatten": "flatten",
    "Reshape": "reshape",
    "Dense": "dense",
    "Conv2D": "conv",
    "Conv2DTranspose": "conv_transpose",
    "Dropout": "dropout",
}


def described(layers: Any) -> list[Layer]:
    """Keras layers as a plan would write them, multiplications left out."""
    return [
        Layer(
            KERAS_KINDS[type(layer).__name__],
            tuple(layer.output.shape[1:]),
            layer.activation.__name__ if hasattr(layer, "activation") else "linear",
            layer.strides[0] if hasattr(layer, "strides") else 1,
            sum(variable.value.shape.num_elements() for variable in layer.trainable_variables),
        )
        for layer in layers
        if type(layer).__name__ != "InputLayer"
    ]


def without_cost(layers: tuple[Layer, ...]) -> list[Layer]:
    return [Layer(layer.kind, layer.shape, layer.activation, layer.strides, layer.params) for layer in layers]


@pytest.mark.parametrize("name", CONFIGS)
def test_the_plan_describes_the_keras_models(name: str) -> None:
    plan, network = plan_layers(CONFIGS[name]), build_network(CONFIGS[name])
    assert without_cost(plan.encoder) == described(network.encoder.layers)
    assert without_cost(plan.decoder) == described(network.decoder.layers)


@pytest.mark.parametrize("name", CONFIGS)
def test_the_plan_counts_the_parameters_of_the_keras_models(name: str) -> None:
    plan, weights = plan_layers(CONFIGS[name]), build_network(CONFIGS[name]).trainable_variables
    assert plan.params == sum(weight.value.shape.num_elements() for weight in weights)
    assert plan.params == sum(layer.params for layer in plan.drawn_encoder + plan.decoder)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_plan_leads_from_the_image_to_the_code_and_back(name: str) -> None:
    plan = plan_layers(CONFIGS[name])
    assert plan.encoder[-1].shape == (CONFIGS[name].latent_dim,)
    assert plan.decoder[-1].shape == (28, 28)


def test_each_weight_of_a_dense_layer_costs_one_multiplication() -> None:
    plan = plan_layers(Config(encoder_widths=(20,), latent_dim=5))
    assert plan.multiplications == 2 * (784 * 20 + 20 * 5)


def test_a_convolution_multiplies_its_kernel_at_every_place() -> None:
    layers: Plan = plan_layers(Config(architecture="conv", filters=(3, 5), latent_dim=2))
    costs = [layer.multiplications for layer in layers.encoder + layers.decoder if layer.multiplications]
    kernels = [9 * 1 * 3 * 14 * 14, 9 * 3 * 5 * 7 * 7]
    assert costs == [*kernels, 245 * 2, 2 * 245, *reversed(kernels)]


def test_the_code_and_the_output_have_activations_of_their_own() -> None:
    plan = plan_layers(Config(hidden_activation="tanh", code_activation="relu", output_activation="linear", loss="mse"))
    encoder, decoder = ([layer.activation for layer in half if layer.params] for half in (plan.encoder, plan.decoder))
    assert (encoder, decoder) == (["tanh", "relu"], ["tanh", "linear"])


@pytest.mark.parametrize(
    ("config", "field"),
    [
        (Config(encoder_widths=(2048,) * 6), "encoder_widths"),
        (Config(architecture="conv", filters=(256,), latent_dim=256), "filters"),
    ],
)
def test_a_network_that_is_too_large_is_refused_with_the_field_to_mend(config: Config, field: str) -> None:
    with pytest.raises(ConfigError, match=f"at most {MOST_PARAMETERS:,} parameters. Received: ") as caught:
        plan_layers(config)
    assert caught.value.field == field


def test_dropout_follows_hidden_layers_and_nothing_else() -> None:
    dense = plan_layers(Config(encoder_widths=(20, 12), dropout=0.2))
    conv = plan_layers(Config(architecture="conv", filters=(3, 5), dropout=0.2))
    assert [layer.kind for layer in dense.encoder] == ["flatten", "dense", "dropout", "dense", "dropout", "dense"]
    assert [layer.kind for layer in dense.decoder] == ["dense", "dropout", "dense", "dropout", "dense", "reshape"]
    assert [layer.kind for layer in conv.encoder] == [
        "reshape",
        "conv",
        "dropout",
        "conv",
        "dropout",
        "flatten",
        "dense",
    ]
    up = ["conv_transpose", "dropout", "conv_transpose"]
    assert [layer.kind for layer in conv.decoder] == ["dense", "reshape", *up, "reshape"]
