"""The hyperparameters: what each may be, and what the form says of it."""

from __future__ import annotations

from typing import Any

from ae_core.config.architectures import ARCHITECTURES
from ae_core.config.fields import Choice, Classes, Field, Integer, Integers, MirroredIntegers, Name, Number
from ae_core.config.losses import LOSSES
from ae_core.config.precision import PRECISIONS
from ae_core.errors import ConfigError

ACTIVATIONS = {
    "relu": "ReLU",
    "leaky_relu": "Leaky ReLU",
    "elu": "ELU",
    "gelu": "GELU",
    "tanh": "tanh",
    "sigmoid": "Sigmoid",
    "linear": "Linear (none)",
}

MOST_CLASSES = 250
"""Of a dataset, with labels from 0 up: a map of the latent space keeps a label in a byte, and needs some for itself."""

FIELDS: dict[str, Field] = {
    "dataset": Name(group="Data", label="Dataset", help="The images to learn from."),
    "classes": Classes(
        group="Data",
        label="Classes",
        help="Learn from these classes only; none chosen means all of them.",
        low=0,
        high=MOST_CLASSES - 1,
        least=0,
        most=MOST_CLASSES,
        none="all",
    ),
    "train_size": Integer(
        group="Data",
        label="Training images",
        help="How many training images to use. Few images: watch it overfit.",
        low=16,
        high=1_000_000,
        none="all",
        counted="images",
    ),
    "family": Choice(
        group="Network",
        label="Family",
        help="What the encoder says of an image: a point, or how likely each point is (a mean and a variance).",
        choices={"autoencoder": "Autoencoder", "variational": "Variational autoencoder"},
    ),
    "architecture": Choice(
        group="Network",
        label="Architecture",
        help="Dense layers see 784 pixels without order; convolutions see which pixels are neighbours.",
        choices={name: architecture.title for name, architecture in ARCHITECTURES.items()},
    ),
    "encoder_widths": Integers(
        group="Network",
        label="Encoder widths",
        help="Units of each hidden layer, from the image down to the code.",
        low=1,
        high=2048,
        least=0,
        most=6,
        none="none",
    ),
    "decoder_widths": MirroredIntegers(
        group="Network",
        label="Decoder widths",
        help="Units of each hidden layer from the code up; usually mirrored.",
        low=1,
        high=2048,
        least=0,
        most=6,
        none="mirrored",
    ),
    "filters": Integers(
        group="Network",
        label="Filters",
        help="Filters of each 3 x 3 convolution; the first two halve the image.",
        low=1,
        high=256,
        least=1,
        most=4,
        none="none",
    ),
    "latent_dim": Integer(
        group="Network",
        label="Latent dimensions",
        help="Numbers in a code: the width of the bottleneck.",
        low=1,
        high=256,
        counted="dimensions",
    ),
    "hidden_activation": Choice(
        group="Network",
        label="Hidden activation",
        help="What bends the space; linear throughout makes it a PCA.",
        choices=ACTIVATIONS,
    ),
    "code_activation": Choice(
        group="Network",
        label="Code activation",
        help="Linear leaves codes free; ReLU makes them zero or positive.",
        choices=ACTIVATIONS,
    ),
    "output_activation": Choice(
        group="Network",
        label="Output activation",
        help="Sigmoid keeps pixels between 0 and 1. A ReLU pixel that dies stays black for good; a leaky one recovers.",
        choices={name: ACTIVATIONS[name] for name in ("sigmoid", "linear", "relu", "leaky_relu", "tanh")},
    ),
    "initializer": Choice(
        group="Network",
        label="Initializer",
        help="How the first random weights are scaled.",
        choices={
            "glorot_uniform": "Glorot (Xavier) uniform",
            "glorot_normal": "Glorot (Xavier) normal",
            "he_uniform": "He uniform",
            "he_normal": "He normal",
            "lecun_normal": "LeCun normal",
            "orthogonal": "Orthogonal",
        },
    ),
    "loss": Choice(
        group="Loss",
        label="Loss",
        help="What counts as a good reconstruction; cross-entropy also punishes being sure and wrong.",
        choices={name: loss.title for name, loss in LOSSES.items()},
    ),
    "beta": Number(
        group="Loss",
        label="Beta",
        help="Weight of the KL term. 1 is the ELBO; more orders the latent space at the cost of detail.",
        low=0,
        high=1000,
    ),
    "weight_l2": Number(
        group="Regularisation", label="L2 on weights", help="Pulls weights towards zero; try 0.00001.", low=0, high=1
    ),
    "code_l1": Number(
        group="Regularisation",
        label="L1 on the code",
        help="Makes codes sparse: most entries near zero.",
        low=0,
        high=1,
    ),
    "dropout": Number(
        group="Regularisation",
        label="Dropout",
        help="Share of hidden units switched off at random in each step.",
        low=0,
        high=0.9,
    ),
    "input_noise": Number(
        group="Regularisation",
        label="Input noise",
        help="Standard deviation of noise added to the input; the clean image stays the target (denoising).",
        low=0,
        high=2,
    ),
    "optimizer": Choice(
        group="Optimizer",
        label="Optimizer",
        help="How gradients become steps.",
        choices={
            "rmsprop": "RMSprop",
            "adam": "Adam",
            "adamw": "AdamW",
            "sgd": "SGD with momentum",
            "nadam": "Nadam",
        },
    ),
    "learning_rate": Number(
        group="Optimizer",
        label="Learning rate",
        help="The size of a step. Too large diverges, too small crawls.",
        low=1e-7,
        high=10,
    ),
    "schedule": Choice(
        group="Optimizer",
        label="Schedule",
        help="Cosine lets the learning rate glide to zero by the last step.",
        choices={"constant": "Constant", "cosine": "Cosine"},
    ),
    "momentum": Number(
        group="Optimizer", label="Momentum", help="How much of the last step SGD keeps.", low=0, high=0.999
    ),
    "weight_decay": Number(
        group="Optimizer",
        label="Weight decay",
        help="AdamW's own pull towards zero, apart from the loss.",
        low=0,
        high=1,
    ),
    "batch_size": Integer(group="Optimizer", label="Batch size", help="Images averaged in one step.", low=1, high=4096),
    "precision": Choice(
        group="Optimizer",
        label="Precision",
        help="Mixed bfloat16 multiplies numbers of 16 bits: faster on a processor made for it, to the same error.",
        choices=PRECISIONS,
    ),
    "steps": Integer(
        group="Optimizer",
        label="Steps",
        help="How many batches to learn from. 234 steps of 256 see MNIST once.",
        low=1,
        high=200_000,
        counted="steps",
    ),
    "seed": Integer(
        group="Optimizer",
        label="Seed",
        help="Same settings and seed on the same machine: the same run, bit for bit.",
        low=0,
        high=2**31 - 1,
    ),
    "continues": Name(
        group="Optimizer",
        label="Continues run",
        help="Key of a finished run whose weights this one starts from.",
        may_be_empty=True,
    ),
}


def read_field(name: str, field: Field, value: Any) -> Any:
    """`value` as `field` takes it. Raises ConfigError with what was expected and what was received."""
    try:
        return field.read(value)
    except ValueError as error:
        shown = value if isinstance(value, str) and value else repr(value)
        raise ConfigError(name, f"{name} must be {field.expected()}. Received: {str(shown)[:80]}.") from error
