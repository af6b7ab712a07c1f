"""`Config`: all that determines a training, and nothing else."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ae_core.config.architectures import ARCHITECTURES
from ae_core.config.hyperparameters import FIELDS, read_field
from ae_core.config.losses import LOSSES
from ae_core.config.precision import FLOAT32, usual_precision
from ae_core.errors import ConfigError

SCHEMA = 1
"""Part of every key. Raise it when the same fields begin to mean another training; another rounding is none."""
KEY_PATTERN = re.compile(r"[0-9a-f]{12}")
LATER: dict[str, Any] = {"beta": 1.0, "precision": FLOAT32}
"""Fields of later versions, and how all was trained before them: that leaves no trace in a key, so that runs of before
keep theirs."""


@dataclass(frozen=True)
class Config:
    """All that determines a training. Values are checked when it is made; see `FIELDS` for ranges and choices.

    The defaults are the preset "Quick start".

    Raises:
        ConfigError: a field is out of range or of the wrong type, or two fields do not go together.
    """

    dataset: str = "mnist"
    classes: tuple[int, ...] = ()
    train_size: int | None = None
    family: str = "autoencoder"
    architecture: str = "dense"
    encoder_widths: tuple[int, ...] = (512,)
    decoder_widths: tuple[int, ...] | None = None
    filters: tuple[int, ...] = (32, 64)
    latent_dim: int = 32
    hidden_activation: str = "relu"
    code_activation: str = "linear"
    output_activation: str = "sigmoid"
    initializer: str = "glorot_uniform"
    loss: str = "bce"
    beta: float = 1.0
    weight_l2: float = 0.0
    code_l1: float = 0.0
    dropout: float = 0.0
    input_noise: float = 0.0
    optimizer: str = "adam"
    learning_rate: float = 0.002
    schedule: str = "constant"
    momentum: float = 0.9
    weight_decay: float = 0.004
    batch_size: int = 256
    precision: str = dataclasses.field(default_factory=usual_precision)
    steps: int = 1000
    seed: int = 0
    continues: str = ""

    def __post_init__(self) -> None:
        for name, field in FIELDS.items():
            object.__setattr__(self, name, read_field(name, field, getattr(self, name)))
        loss = LOSSES[self.loss]
        if loss.outputs and self.output_activation not in loss.outputs:
            words = {name: f"{name} ({each.title.lower()})" for name, each in LOSSES.items()}
            fitting = " or ".join(loss.outputs)
            others = " or ".join(words[name] for name, each in LOSSES.items() if not each.outputs)
            raise ConfigError(
                "output_activation",
                f"output_activation must be {fitting} when loss is {words[self.loss]}, which {loss.why}. "
                f"Received: {self.output_activation}. Choose {fitting}, or the loss {others}.",
            )

    @classmethod
    def from_text(cls, values: Mapping[str, Any], base: Config | None = None) -> Config:
        """A Config from texts as they stand in an address or after `--set`; what is not named comes from `base`.

        Raises:
            ConfigError: an unknown field, or a value its field does not take.
        """
        cls._refuse_unknown(values)
        return replace(base or cls(), **dict(values))

    @staticmethod
    def _refuse_unknown(values: Mapping[str, Any]) -> None:
        for name in values:
            if name not in FIELDS:
                raise ConfigError(name, f"A field must be one of {', '.join(FIELDS)}. Received: {name!r}.")

    def to_text(self) -> dict[str, str]:
        """The fields that differ from the defaults, as texts that `from_text` takes back."""
        default = Config()
        return {
            name: field.text(getattr(self, name))
            for name, field in FIELDS.items()
            if getattr(self, name) != getattr(default, name)
        }

    def to_json(self) -> dict[str, Any]:
        """Every field, as values that JSON can hold (tuples become lists)."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in dataclasses.asdict(self).items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Config:
        """The opposite of `to_json`, also of a version that knew fewer fields.

        Raises ConfigError as the constructor does, and for an unknown field.
        """
        cls._refuse_unknown(values)
        return cls(**{**LATER, **values})

    @cached_property
    def canonical(self) -> Config:
        """The same training with each field that it ignores set to its default."""
        default = Config()
        others = [other for name, other in ARCHITECTURES.items() if name != self.architecture]
        ignored: dict[str, Any] = {field: getattr(default, field) for other in others for field in other.fields}
        ignored |= ARCHITECTURES[self.architecture].ignored(self)
        if self.family == "variational":
            ignored |= {"code_activation": default.code_activation, "code_l1": 0.0}
        else:
            ignored["beta"] = default.beta
        if self.optimizer != "sgd":
            ignored["momentum"] = default.momentum
        if self.optimizer != "adamw":
            ignored["weight_decay"] = default.weight_decay
        return replace(self, **ignored)

    @cached_property
    def key(self) -> str:
        """Twelve hexadecimal digits that stand for this training: equal for configs that train the same network."""
        values = self.canonical.to_json()
        known = {name: v for name, v in values.items() if name not in LATER or v != LATER[name]}
        fields = json.dumps({"schema": SCHEMA, **known}, sort_keys=True)
        return hashlib.sha256(fields.encode()).hexdigest()[:12]
