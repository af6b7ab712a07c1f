"""Sweeps: one hyperparameter takes several values and everything else stays, so that its effect is a curve.

Each value is an ordinary run, with the key that its Config has anyway: one that was trained before costs nothing, and
those that a sweep trains are seen everywhere.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from ae_core.config.config import Config
from ae_core.config.fields import Choice, Integer, Number
from ae_core.config.hyperparameters import FIELDS, read_field
from ae_core.config.plan import plan_layers
from ae_core.datasets.catalogue import dataset_for
from ae_core.errors import ConfigError

LEAST_VALUES, MOST_VALUES = 2, 8
NOT_SWEPT = {"dataset", "classes", "continues"}
"""What is learned, and from where: errors on other images cannot be compared."""

SUGGESTED = {
    "train_size": "100, 300, 1000, 3000, 10000, all",
    "encoder_widths": "none, 64, 256, 1024, 512-256, 512-256-128",
    "decoder_widths": "mirrored, 64, 256, 1024",
    "filters": "8-16, 16-32, 32-64",
    "latent_dim": "1, 2, 4, 8, 16, 32, 64, 128",
    "weight_l2": "0, 0.000001, 0.00001, 0.0001, 0.001",
    "code_l1": "0, 0.0001, 0.0003, 0.001, 0.003, 0.01",
    "dropout": "0, 0.1, 0.2, 0.3, 0.5",
    "input_noise": "0, 0.1, 0.2, 0.5, 1",
    "beta": "0.1, 0.3, 1, 3, 10",
    "learning_rate": "0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03",
    "momentum": "0, 0.5, 0.8, 0.9, 0.95, 0.99",
    "weight_decay": "0, 0.001, 0.004, 0.01, 0.1",
    "batch_size": "16, 32, 64, 128, 256, 512, 1024",
    "steps": "100, 300, 1000, 3000",
    "seed": "0, 1, 2, 3, 4",
}
"""Values worth trying, by field, as a visitor would write them; of a choice it is all that there are."""


@dataclass(frozen=True)
class Sweep:
    """A field, the values it takes in turn, and what all the runs have in common. Make it with `read`.

    Attributes:
        values: as `FIELDS` reads them; numbers rise, choices stand in the order of their table.
    """

    base: Config
    field: str
    values: tuple[Any, ...]

    @classmethod
    def read(cls, base: Config, field: str, texts: Sequence[Any]) -> Sweep:
        """The sweep over `texts`, each a value or its text as after `--set`.

        Raises:
            ConfigError: the field cannot be swept; a value is out of range, does not go with the base, stands there
                twice or makes no difference; there are not 2 to 8 of them.
        """
        if field not in swept_fields():
            raise ConfigError(field, f"A sweep's field must be one of {', '.join(swept_fields())}. Received: {field}.")
        if not LEAST_VALUES <= len(texts) <= MOST_VALUES:
            received = "none" if not texts else str(len(texts))
            raise ConfigError(
                field, f"{field} must have {LEAST_VALUES} to {MOST_VALUES} values in a sweep. Received: {received}."
            )
        values = _read_values(field, texts)
        _refuse_repeats(field, values)
        sweep = cls(base, field, tuple(_in_order(field, values)))
        _refuse_twins(sweep)
        return sweep

    @cached_property
    def configs(self) -> tuple[Config, ...]:
        """What is trained for each value."""
        return tuple(_with(self.base, self.field, value) for value in self.values)

    @cached_property
    def key(self) -> str:
        """Twelve hexadecimal digits: equal for sweeps of the same field that mean the same runs."""
        meant = json.dumps([self.field, sorted(config.key for config in self.configs)])
        return hashlib.sha256(meant.encode()).hexdigest()[:12]

    @property
    def texts(self) -> list[str]:
        """The values as texts that `read` takes back."""
        return [FIELDS[self.field].text(value) for value in self.values]

    @property
    def labels(self) -> list[str]:
        """The values as people read them: 0.001, 60,000, Leaky ReLU, 512-256."""
        return [FIELDS[self.field].words(value) for value in self.values]

    def check(self, folder: Path) -> None:
        """Look whether every value can be trained on its data; `folder` is where datasets are.

        Raises:
            ConfigError, DataError: one cannot; the message names the value.
        """
        for text, config in zip(self.texts, self.configs, strict=True):
            try:
                plan_layers(config)
                dataset_for(config, folder=folder)
            except ConfigError as error:
                raise ConfigError(self.field, _at(self.field, text, error)) from error


def swept_fields() -> list[str]:
    """The fields that can be swept, in the order of the form."""
    return [name for name in FIELDS if name not in NOT_SWEPT]


@lru_cache(maxsize=256)
def fields_for(base: Config) -> tuple[str, ...]:
    """The fields that make a difference to the training of `base`; filters, say, make none to a dense network."""
    # Remembered: it makes a hundred and fifty configs, for each visitor at each run of a page.
    return tuple(f for f in swept_fields() if len({_with(base, f, value).key for value in suggested(base, f)}) > 1)


def suggested(base: Config, field: str) -> list[str]:
    """Values of `field` worth trying with `base`, as texts; fewer than two when hardly any goes with it."""
    kind = FIELDS[field]
    values = list(kind.choices) if isinstance(kind, Choice) else split_values(SUGGESTED[field])
    return [value for value in values if _fits(base, field, value)][:MOST_VALUES]


def split_values(text: str) -> list[str]:
    """The values that `text` lists, between commas, semicolons or blanks: "1, 2 4" -> ["1", "2", "4"]."""
    return [value for value in re.split(r"[\s,;]+", text) if value]


def _with(base: Config, field: str, value: Any) -> Config:
    return replace(base, **{field: value})


def _fits(base: Config, field: str, value: Any) -> bool:
    try:
        _with(base, field, value)
    except ConfigError:
        return False
    return True


def _read_values(field: str, texts: Sequence[Any]) -> list[Any]:
    """All of `texts` as values; raises ConfigError that names every one that is none, and some that would do."""
    values, problems = [], []
    for text in texts:
        try:
            values.append(read_field(field, FIELDS[field], text))
        except ConfigError:
            problems.append(str(text)[:40] if text else repr(text))
    if problems:
        kind = FIELDS[field]
        # The choices are all named by what was expected.
        example = "" if isinstance(kind, Choice) else f" For example: {', '.join(split_values(SUGGESTED[field])[:4])}."
        raise ConfigError(field, f"{field} must be {kind.expected()}. Received: {', '.join(problems)}.{example}")
    return values


def _refuse_repeats(field: str, values: Sequence[Any]) -> None:
    for place, value in enumerate(values):
        if value in values[:place]:
            raise ConfigError(
                field,
                f"{field} must have different values in a sweep. "
                f"Received: {FIELDS[field].text(value)} twice. Leave one out.",
            )


def _refuse_twins(sweep: Sweep) -> None:
    """Refuse a value that does not go with the base, and two that train the same network."""
    seen: dict[str, str] = {}
    for value, text in zip(sweep.values, sweep.texts, strict=True):
        try:
            key = _with(sweep.base, sweep.field, value).key
        except ConfigError as error:
            raise ConfigError(sweep.field, _at(sweep.field, text, error)) from error
        if key in seen:
            raise ConfigError(
                sweep.field,
                f"{sweep.field} must make a difference. Received: {seen[key]} and {text}, which train the same "
                "network: its other settings ignore this one, or both mean the same. Choose another field, or values.",
            )
        seen[key] = text


def _at(field: str, text: str, error: ConfigError) -> str:
    """What is wrong with one value, unless the message says already which it is."""
    return str(error) if error.field == field else f"{field} cannot be {text} here: {error}"


def _in_order(field: str, values: Sequence[Any]) -> list[Any]:
    kind = FIELDS[field]
    if isinstance(kind, Choice):
        return sorted(values, key=list(kind.choices).index)
    if isinstance(kind, (Integer, Number)):
        # None means all there are.
        return sorted(values, key=lambda value: (value is None, value or 0))
    return list(values)
