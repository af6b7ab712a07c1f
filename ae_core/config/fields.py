"""Kinds of hyperparameters: each knows its range, reads itself from text and says what it expected.

One table of these (`hyperparameters.FIELDS`) serves the form, the address bar, the command line and the constructor, so
all four accept the same values and complain in the same words.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class Field:
    """What the form says of a hyperparameter: its group, a label, and one line that explains it."""

    group: str
    label: str
    help: str

    def expected(self) -> str:
        """The values it takes, in words that finish the sentence "<field> must be ..."."""
        raise NotImplementedError

    def read(self, value: Any) -> Any:
        """`value` (or text) as this field's type. Raises ValueError when it is not one of `expected()`."""
        raise NotImplementedError

    def text(self, value: Any) -> str:
        """`value` as text that `read` takes back."""
        return str(value)

    def words(self, value: Any) -> str:
        """`value` as people read it: 0.001, 60,000, Leaky ReLU, 512-256."""
        return self.text(value)

    def phrase(self, value: Any) -> str:
        """`value` with what it is, within a sentence: L2 on weights 0.001."""
        return self.named(self.words(value))

    def named(self, words: str) -> str:
        """What it is, and `words` for one or more values: latent dimensions 2, 4, 8."""
        # But for a name such as L2.
        label = self.label if self.label[1:2].isdigit() else self.label[:1].lower() + self.label[1:]
        return f"{label} {words}"


@dataclass(frozen=True, kw_only=True)
class Integer(Field):
    """A whole number from `low` to `high`; with `none` set, that word stands for None.

    Attributes:
        counted: what it is a number of, in the plural, where a sentence says that alone: 4 dimensions.
    """

    low: int
    high: int
    none: str | None = None
    counted: str = ""

    def expected(self) -> str:
        words = f"a whole number from {self.low} to {self.high}"
        return f"{words}, or '{self.none}'" if self.none else words

    def read(self, value: Any) -> int | None:
        if self.none is not None and (value is None or (isinstance(value, str) and value == self.none)):
            return None
        number = _whole(value)
        if not self.low <= number <= self.high:
            raise ValueError(number)
        return number

    def text(self, value: Any) -> str:
        return str(self.none) if value is None else str(value)

    def words(self, value: Any) -> str:
        return self.text(value) if value is None else f"{value:,}"

    def phrase(self, value: Any) -> str:
        if not self.counted:
            return super().phrase(value)
        return f"{self.words(value)} {self.counted.removesuffix('s') if value == 1 else self.counted}"


@dataclass(frozen=True, kw_only=True)
class Number(Field):
    """A finite number from `low` to `high`, ends included."""

    low: float
    high: float

    def expected(self) -> str:
        return f"a number from {self.low:g} to {self.high:g}"

    def read(self, value: Any) -> float:
        if isinstance(value, bool):
            raise ValueError(value)
        try:
            number = float(value)
        except (TypeError, OverflowError) as error:
            raise ValueError(value) from error
        if not (math.isfinite(number) and self.low <= number <= self.high):
            raise ValueError(number)
        # Minus zero equals zero but is written otherwise, which would give another key.
        return number + 0.0

    def text(self, value: Any) -> str:
        return repr(float(value))

    def words(self, value: Any) -> str:
        return f"{value:g}"


@dataclass(frozen=True, kw_only=True)
class Choice(Field):
    """One of a few names; `choices` maps each to how a page writes it."""

    choices: dict[str, str]

    def expected(self) -> str:
        return "one of " + ", ".join(self.choices)

    def read(self, value: Any) -> str:
        if not isinstance(value, str) or value not in self.choices:
            raise ValueError(value)
        return value

    def words(self, value: Any) -> str:
        return self.choices[value]


@dataclass(frozen=True, kw_only=True)
class Integers(Field):
    """A tuple of whole numbers, written `512-256`; `none` is the word for an empty one (or for None)."""

    low: int
    high: int
    least: int
    most: int
    none: str
    empty: ClassVar[tuple[int, ...] | None] = ()

    def expected(self) -> str:
        words = f"{self.least or 1} to {self.most} whole numbers from {self.low} to {self.high}, written like 512-256"
        return words if self.least else f"{words}, or '{self.none}'"

    def read(self, value: Any) -> tuple[int, ...] | None:
        named = isinstance(value, str) and value == self.none
        if value is None or named or (not isinstance(value, str) and list(_items(value)) == []):
            if self.least:
                raise ValueError(value)
            return self.empty
        numbers = tuple(_whole(item) for item in _items(value))
        if not self.least <= len(numbers) <= self.most or not all(self.low <= n <= self.high for n in numbers):
            raise ValueError(value)
        return numbers

    def text(self, value: Any) -> str:
        return "-".join(str(number) for number in value) if value else self.none


@dataclass(frozen=True, kw_only=True)
class MirroredIntegers(Integers):
    """Like `Integers`, but the word `none` stands for None ("as the encoder, mirrored")."""

    empty: ClassVar[tuple[int, ...] | None] = None


@dataclass(frozen=True, kw_only=True)
class Classes(Integers):
    """A set of labels: sorted, without repeats; empty means all of them."""

    def read(self, value: Any) -> tuple[int, ...] | None:
        numbers = super().read(value)
        return tuple(sorted(set(numbers))) if numbers else ()

    def words(self, value: Any) -> str:
        *others, last = [str(label) for label in value] or [self.none]
        return f"{', '.join(others)} and {last}" if others else last

    def phrase(self, value: Any) -> str:
        return f"class {self.words(value)}" if len(value) == 1 else super().phrase(value)


@dataclass(frozen=True, kw_only=True)
class Name(Field):
    """A short name of lower-case letters, digits, `_` and `-`, at most 64 characters long."""

    may_be_empty: bool = False

    def expected(self) -> str:
        return "a name of lower-case letters, digits, '_' and '-'"

    def read(self, value: Any) -> str:
        if value == "" and self.may_be_empty:
            return ""
        allowed = set("abcdefghijklmnopqrstuvwxyz0123456789_-")
        if not isinstance(value, str) or not 0 < len(value) <= 64 or not set(value) <= allowed:
            raise ValueError(value)
        return value


_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")
"""A whole number as pages write it: 60,000."""


def _whole(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError(value)
    if isinstance(value, str):
        return int(value.replace(",", "") if _THOUSANDS.fullmatch(value.strip()) else value)
    if isinstance(value, float):
        return int(value)
    try:
        return operator.index(value)
    except TypeError as error:
        raise ValueError(value) from error


def _items(value: Any) -> Iterable[Any]:
    if isinstance(value, str):
        return value.replace(",", "-").split("-")
    try:
        return list(value)
    except TypeError as error:
        raise ValueError(value) from error
