"""Trainings worth knowing, each with what it shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from ae_core.config.architectures import ARCHITECTURES
from ae_core.config.config import Config
from ae_core.config.hyperparameters import FIELDS
from ae_core.config.precision import FLOAT32, usual_precision


@dataclass(frozen=True)
class Preset:
    """A training worth knowing: its name, what it is and what to look for, and its settings."""

    title: str
    text: str
    config: Config


_ARTICLE = Config(
    encoder_widths=(784, 256),
    decoder_widths=(128, 256),
    latent_dim=128,
    hidden_activation="relu",
    code_activation="relu",
    output_activation="relu",
    loss="mse",
    optimizer="rmsprop",
    learning_rate=0.001,
    steps=1000,
)
_QUICK = Config()
_VARIATIONAL = Config(
    family="variational",
    encoder_widths=(512, 256),
    latent_dim=20,
    hidden_activation="gelu",
    learning_rate=0.0015,
    schedule="cosine",
    steps=6000,
)

CATALOGUE: dict[str, Preset] = {
    "quick-start": Preset(
        "Quick start",
        "One hidden layer of 512 units and a code of 32 numbers. Good digits after about ten seconds.",
        _QUICK,
    ),
    "article": Preset(
        "The article",
        "The network of the tutorial: 784-256-128 and back, ReLU everywhere, RMSProp, mean squared error. Some strokes "
        "stay black: a ReLU output pixel that is never positive has no gradient, and so never learns.",
        _ARTICLE,
    ),
    "article-long": Preset(
        "The article, long",
        "The same for 30,000 steps, in float32, as the tutorial trained it. Watch what the extra 29,000 steps bring.",
        # In bfloat16 its error was a twelfth larger; all others are the same in either (docs/performance.md).
        replace(_ARTICLE, steps=30_000, precision=FLOAT32),
    ),
    "article-mended": Preset(
        "The article, mended",
        "A reader's remark: the output should not be ReLU. Changing the output alone helps little: under RMSProp and "
        "squared error 0.023 with leaky ReLU, 0.028 to 0.034 with ReLU, linear, tanh or sigmoid. With Adam, leaky ReLU "
        "reaches 0.008 in the same 1,000 steps, and so does sigmoid with cross-entropy, as here.",
        replace(_ARTICLE, output_activation="sigmoid", loss="bce", optimizer="adam"),
    ),
    "two-dimensions": Preset(
        "Two dimensions",
        "A code of two numbers can be drawn as a map. Reconstructions blur, yet they beat PCA's two components.",
        Config(encoder_widths=(512, 256, 128), latent_dim=2, learning_rate=0.002, schedule="cosine", steps=2000),
    ),
    "convolutional": Preset(
        "Convolutional",
        "Layers that know which pixels are neighbours: a smaller error than that of Quick start, with less than a "
        "third of its parameters.",
        Config(architecture="conv", learning_rate=0.004, schedule="cosine"),
    ),
    "sparse": Preset(
        "Sparse",
        "128 numbers in a code, but each costs something (L1): most are zero for any one digit.",
        replace(_QUICK, latent_dim=128, code_activation="relu", code_l1=0.0003),
    ),
    "denoising": Preset(
        "Denoising",
        "The input is spoiled with noise, the target is clean: the network learns what digits look like, not to copy.",
        replace(_QUICK, latent_dim=64, input_noise=0.5),
    ),
    "linear": Preset(
        "Linear",
        "No hidden layers, no bends: the best such a network can do is PCA. Watch it approach the PCA line.",
        Config(
            encoder_widths=(),
            output_activation="linear",
            loss="mse",
            learning_rate=0.003,
            schedule="cosine",
            steps=2000,
        ),
    ),
    "deep-30": Preset(
        "Deep, 30 dimensions",
        "Hinton and Salakhutdinov (Science, 2006) trained 784-1000-500-250-30 layer by layer and report a squared "
        "error of 3.00 per test image, and 13.87 for PCA. This is 784-1024-256-30, trained in one go in some minutes.",
        Config(
            encoder_widths=(1024, 256),
            latent_dim=30,
            hidden_activation="gelu",
            loss="mse",
            learning_rate=0.0015,
            schedule="cosine",
            steps=12_000,
        ),
    ),
    "plain-20": Preset(
        "Plain, 20 dimensions",
        "Variational without what makes it so: the same layers, code and steps, but no variance and no KL term. "
        "Compare the two: this one loses less of a digit (0.006 against 0.009), but codes drawn at random give blots.",
        replace(_VARIATIONAL, family="autoencoder"),
    ),
    "variational": Preset(
        "Variational",
        "The encoder gives a mean and a variance, the decoder learns from a random draw, and the KL term pulls all "
        "codes towards one normal distribution: digits drawn from it look like digits. See how many of the 20 "
        "dimensions it uses.",
        _VARIATIONAL,
    ),
    "variational-two-dimensions": Preset(
        "Variational, two dimensions",
        "Beside Two dimensions on the map of the latent space: round, and centred at zero. Its digits are as blurred "
        "as those.",
        replace(_VARIATIONAL, encoder_widths=(512, 256, 128), latent_dim=2, steps=3000),
    ),
    "beta-4": Preset(
        "Variational, beta 4",
        "Variational with four times the price on the KL term (Higgins et al., 2017), all else being the same: fewer "
        "dimensions are used, and the digits blur.",
        replace(_VARIATIONAL, beta=4.0),
    ),
}

PRESETS: dict[str, Config] = {name: preset.config for name, preset in CATALOGUE.items()}
"""The settings alone, by the name that a shell or an address uses."""


MOST_CHANGES = 3
"""With more changes than these a training is no variation of a preset any more."""


@lru_cache(maxsize=1000)
def title_of(config: Config) -> str:
    """What a list of runs calls a run: the nearest preset's title, and each setting that differs from it.

    Where more than `MOST_CHANGES` do, its network in a few words.
    """
    changes = {name: _changes(preset, config) for name, preset in PRESETS.items()}
    name = min(changes, key=lambda name: len(changes[name]))
    near = len(changes[name]) <= MOST_CHANGES
    usual = PRESETS[name].precision if near else usual_precision()
    unusual = [setting_words(config, "precision")] if config.precision != usual else []
    if near:
        return ", ".join([CATALOGUE[name].title, *(setting_words(config, field) for field in changes[name]), *unusual])
    kind = FIELDS["architecture"].text(config.architecture).capitalize()
    if config.family == "variational":
        kind = f"Variational {kind.lower()}"
    sizes = getattr(config, ARCHITECTURES[config.architecture].sizes)
    network = f"{kind} {'-'.join(map(str, sizes))}" if sizes else f"{kind}, no hidden layers"
    others = [field for field in ("beta", "train_size", "classes", "dataset") if field in changes[name]]
    settings = (setting_words(config, field) for field in ("latent_dim", "steps", *others))
    return ", ".join([network, *settings, *unusual])


def setting_words(config: Config, field: str) -> str:
    """One setting within a sentence: 8 dimensions, 100 images, classes 3 and 8, L2 on weights 0.001."""
    return FIELDS[field].phrase(getattr(config, field))


def _changes(preset: Config, config: Config) -> list[str]:
    """The fields in which the training of `config` differs from that of `preset`, but for its precision.

    That makes no other kind of training, and is told by itself where it is not the usual one.
    """
    return [f for f in FIELDS if f != "precision" and getattr(preset.canonical, f) != getattr(config.canonical, f)]
