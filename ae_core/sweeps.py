"""Sweeps: one hyperparameter takes several values and everything else stays, so that its effect is a curve.

Each value is an ordinary run, with the key that its Config has anyway: one that was trained before costs nothing, and
those that a sweep trains are seen everywhere. All that is kept of a sweep is which runs it means:

runs/sweeps/<key>.json      the base (a whole Config), the field, its values as texts, when it was last started
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from ae_core.config import FIELDS, Config, read_field
from ae_core.datasets import dataset_for
from ae_core.errors import BottleneckError, ConfigError, StoreError
from ae_core.fields import Choice, Integer, Number
from ae_core.files import in_plain_words, write_json
from ae_core.layers import plan_layers
from ae_core.store import KEY_PATTERN

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


class SweepError(BottleneckError):
    """No sweep has this key, or its file cannot be read."""


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
        values = [read_field(field, FIELDS[field], text) for text in texts]
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


@dataclass(frozen=True)
class KeptSweep:
    """One row of the list of sweeps: the sweep, or why it cannot be read.

    Attributes:
        created: when it was last started, in seconds since 1970.
    """

    key: str
    sweep: Sweep | None
    created: float = 0.0
    problem: str = ""


class SweepStore:
    """The sweeps of a runs folder.

    Args:
        root: the runs folder.
    """

    def __init__(self, root: Path) -> None:
        self.folder = root / "sweeps"

    def save(self, sweep: Sweep) -> None:
        """Keep `sweep`, as started now. Raises StoreError."""
        content = {
            "base": sweep.base.to_json(), "field": sweep.field, "values": sweep.texts, "created": time.time(),
        }  # fmt: skip
        write_json(self._path(sweep.key), content)

    def open(self, key: str) -> KeptSweep:
        """The sweep with this key, damaged or not. Raises SweepError when there is none."""
        path = self._path(key)
        try:
            content = json.loads(path.read_bytes())
            base = Config.from_json(content["base"])
            sweep = Sweep.read(base, content["field"], [str(value) for value in content["values"]])
            return KeptSweep(key, sweep, float(content["created"]))
        except FileNotFoundError as error:
            raise SweepError(f"There is no sweep {key}: it was deleted meanwhile.") from error
        except (OSError, ValueError, TypeError, KeyError, RecursionError, ConfigError):
            problem = f"Sweep {key} is damaged: {path.name} cannot be read. Delete it; its runs stay."
            return KeptSweep(key, None, problem=problem)

    def has(self, key: str) -> bool:
        """Whether there is a sweep with this key. Raises SweepError for what is no key."""
        return self._path(key).exists()

    def listed(self) -> list[KeptSweep]:
        """All sweeps, last started first. Raises StoreError."""
        kept = []
        for path in _files(self.folder):
            try:
                kept.append(self.open(path.stem))
            except SweepError:
                # Deleted since it was listed, or another kind of file.
                continue
        return sorted(kept, key=lambda one: -one.created)

    def delete(self, key: str) -> None:
        """Forget the sweep; its runs stay. One that is gone already is no error. Raises StoreError."""
        path = self._path(key)
        with in_plain_words(path):
            path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        if not KEY_PATTERN.fullmatch(key):
            raise SweepError(f"A sweep's key must be twelve of the digits 0 to 9 and a to f. Received: {key[:40]!r}.")
        return self.folder / f"{key}.json"


def _files(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.suffix == ".json"]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(
            f"The folder of sweeps must be readable. Received: {error.strerror} for {folder}. "
            "Give this user the right to read it, or choose another folder with the variable AE_RUNS."
        ) from error
