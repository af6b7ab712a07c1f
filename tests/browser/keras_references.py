"""Networks and what Keras makes of them, as JSON. For a process of its own: TensorFlow has no place where tests run."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np

from ae_core.config.config import Config
from ae_core.config.fields import Choice
from ae_core.config.hyperparameters import ACTIVATIONS, FIELDS
from ae_core.config.layers import Layer
from ae_core.config.plan import plan_layers

OUTPUTS = FIELDS["output_activation"]
assert isinstance(OUTPUTS, Choice)


def write_references(path: Path) -> None:
    """A network for each architecture and activation, by name: spec, weights, an image, and what Keras makes of it."""
    import keras

    keras.utils.set_random_seed(1)
    image = np.random.default_rng(1).random((1, 28, 28), dtype=np.float32)
    image[image < 0.4] = 0

    def made(layer: Layer) -> Any:
        convolution = {"kernel_size": 3, "strides": layer.strides, "padding": "same", "activation": layer.activation}
        makers = {
            "flatten": lambda: keras.layers.Flatten(),
            "reshape": lambda: keras.layers.Reshape(layer.shape),
            "dense": lambda: keras.layers.Dense(layer.shape[0], activation=layer.activation),
            "conv": lambda: keras.layers.Conv2D(layer.shape[2], **convolution),
            "conv_transpose": lambda: keras.layers.Conv2DTranspose(layer.shape[2], **convolution),
        }
        return makers[layer.kind]()

    def exported(layers: tuple[Layer, ...], values: Any, weights: list[Any]) -> tuple[list[dict[str, Any]], Any]:
        """Specs of the layers, and what they make of `values`; their weights are appended to `weights`."""
        specs = []
        for layer in layers:
            kept = made(layer)
            kept.build(values.shape)
            spec: dict[str, Any] = {"kind": layer.kind, "shape": layer.shape, "activation": layer.activation}
            spec["strides"] = layer.strides
            if kept.weights:
                # Keras starts biases at zero, which would hide a bias that is not added.
                kept.bias.assign(np.random.default_rng(2).normal(size=kept.bias.shape, scale=0.1))
                for name, weight in zip(("kernel", "bias"), kept.get_weights(), strict=True):
                    spec[name] = [sum(one.size for one in weights), weight.size]
                    weights.append(weight.ravel())
            values = kept(values)
            specs.append(spec)
        return specs, values

    def encoded(array: Any) -> str:
        return base64.b64encode(np.asarray(array, dtype="<f4").tobytes()).decode()

    references = {}
    for architecture in ("dense", "conv"):
        for activation in ACTIVATIONS:
            plan = plan_layers(
                Config(
                    architecture=architecture, encoder_widths=(96, 40), filters=(6, 10, 4), latent_dim=5, loss="mse",
                    hidden_activation=activation, code_activation=activation,
                    output_activation=activation if activation in OUTPUTS.choices else "linear",
                )
            )  # fmt: skip
            weights: list[Any] = []
            encoder, code = exported(plan.encoder, image, weights)
            decoder, result = exported(plan.decoder, code, weights)
            references[f"{architecture} {activation}"] = {
                "spec": {"schema": 1, "encoder": encoder, "decoder": decoder},
                "weights": encoded(np.concatenate(weights)),
                "image": encoded(image),
                "code": np.asarray(code).ravel().tolist(),
                "reconstruction": np.asarray(result).ravel().tolist(),
            }
    path.write_text(json.dumps(references), encoding="utf-8")
