"""What each field takes and refuses, in one table for all of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ae_core.config.config import Config
from ae_core.config.fields import Choice, Classes, Field, Integer, Integers, Name, Number
from ae_core.config.hyperparameters import FIELDS
from ae_core.errors import ConfigError

BASE = Config(loss="mse")


def refused(field: Field) -> list[Any]:
    """Values out of range and of the wrong type."""
    never = ["", "x!", True, object(), {"a": 1}]
    if isinstance(field, Integer):
        fractions = [1.5, "1.5", float("nan"), np.float32(20.5)]
        return [*never, *fractions, field.low - 1, field.high + 1, str(field.low - 1), b"20", []]
    if isinstance(field, Number):
        bounds = [field.low - 1e-3, field.high * 1.001, f"{field.high * 1.001}"]
        return [*never, *bounds, "nan", "1e999", float("inf"), float("-inf"), 10**400, None, [0.1]]
    if isinstance(field, Choice):
        return [*never, None, 1, next(iter(field.choices)).upper(), [next(iter(field.choices))]]
    if isinstance(field, Integers):
        most = [list(range(field.most + 1))] if isinstance(field, Classes) else [[field.low + 1] * (field.most + 1)]
        outside = [[field.low - 1], [field.high + 1], f"{field.low}-{field.high + 1}", f"{field.low}-", "-5"]
        return [*never, *most, *outside, 5, [1.5], [True], [[1]], "512 - x", *([[], "none"] if field.least else [])]
    assert isinstance(field, Name)
    return [*(never[1:] if field.may_be_empty else never), None, "Mnist", "../runs", "a b", "a" * 65, "naïve", 1]


def taken(field: Field) -> list[Any]:
    """Values at the ends of the range, and whatever else is special."""
    if isinstance(field, Integer):
        return [field.low, field.high, *([None] if field.none else [])]
    if isinstance(field, Number):
        return [field.low, field.high, (field.low + field.high) / 3]
    if isinstance(field, Choice):
        return list(field.choices)
    if isinstance(field, Classes):
        return [(), (field.low,), (3, 8, field.high)]
    if isinstance(field, Integers):
        return [(field.low,), (field.high,) * field.most, *([] if field.least else [field.empty])]
    return ["mnist", "images-0123456789ab", *([""] if getattr(field, "may_be_empty", False) else [])]


REFUSED = [(name, value) for name, field in FIELDS.items() for value in refused(field)]
TAKEN = [(name, value) for name, field in FIELDS.items() for value in taken(field)]


def test_every_field_has_words_for_the_form() -> None:
    assert list(FIELDS) == list(Config.__dataclass_fields__)
    assert all(field.group and field.label and field.help.endswith(".") for field in FIELDS.values())


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_a_refused_value_is_told_with_what_was_expected_and_received(name: str, value: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        replace(BASE, **{name: value})
    assert caught.value.field == name
    assert str(caught.value).startswith(f"{name} must be {FIELDS[name].expected()}. Received: ")
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(("name", "value"), TAKEN)
def test_a_value_comes_back_from_its_text(name: str, value: Any) -> None:
    config = replace(BASE, **{name: value})
    assert getattr(config, name) == value
    assert Config.from_text(config.to_text()) == config


@pytest.mark.parametrize(("name", "value"), TAKEN)
def test_a_value_comes_back_from_json(name: str, value: Any) -> None:
    config = replace(BASE, **{name: value})
    assert Config.from_json(json.loads(json.dumps(config.to_json()))) == config


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_reads_what_it_writes(name: str) -> None:
    field, value = FIELDS[name], getattr(BASE, name)
    assert field.read(field.text(value)) == value


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("latent_dim", "16", 16),
        ("latent_dim", 16.0, 16),
        ("latent_dim", np.int64(16), 16),
        ("learning_rate", "1e-3", 0.001),
        ("learning_rate", 1, 1.0),
        ("learning_rate", np.float32(0.5), 0.5),
        ("encoder_widths", "512-256", (512, 256)),
        ("encoder_widths", "512,256", (512, 256)),
        ("encoder_widths", [512, 256], (512, 256)),
        ("encoder_widths", np.array([512, 256]), (512, 256)),
        ("encoder_widths", "none", ()),
        ("decoder_widths", "mirrored", None),
        ("train_size", "all", None),
        ("classes", "all", ()),
    ],
)
def test_a_value_may_be_written_in_several_ways(name: str, value: Any, expected: Any) -> None:
    read = getattr(replace(BASE, **{name: value}), name)
    assert read == expected
    assert type(read) is type(expected)


def test_classes_are_a_set() -> None:
    assert Config(classes=(7, 1, 7)).classes == (1, 7)


def test_minus_zero_is_zero() -> None:
    assert Config(dropout=-0.0).key == Config(dropout=0.0).key
    assert Config(dropout="-0").to_json()["dropout"] == 0.0


@pytest.mark.parametrize(("text", "number"), [("1,000", 1000), ("60,000", 60_000), (" 1,000 ", 1000)])
def test_a_whole_number_may_be_written_with_thousands_separators(text: str, number: int) -> None:
    assert FIELDS["steps"].read(text) == number


@pytest.mark.parametrize("text", ["1,00", ",100", "1,0000", "1,,000"])
def test_a_comma_elsewhere_is_no_thousands_separator(text: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        FIELDS["steps"].read(text)
