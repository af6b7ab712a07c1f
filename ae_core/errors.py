"""What can go wrong, in words for the person who has to mend it."""

from __future__ import annotations


class BottleneckError(Exception):
    """Base of every error whose message may be shown to a visitor as it stands."""


class ConfigError(BottleneckError):
    """A hyperparameter is out of range, of the wrong type, or does not go with another.

    Attributes:
        field: name of the `Config` field to mend, so that a page can show the message beside it.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field

    def __reduce__(self) -> tuple[type[ConfigError], tuple[str, str]]:
        # Without it the error of a worker could not be unpickled here, and its words would be lost.
        return type(self), (self.field, str(self))


class DataError(BottleneckError):
    """A dataset is missing, damaged, or is not what it says it is."""


class DrawingError(BottleneckError):
    """A picture cannot be read as a drawing of a digit."""


class StoreError(BottleneckError):
    """The runs folder cannot be read or written (full disk, no permission)."""


class RunNotFoundError(BottleneckError):
    """No run has this key."""


class RunNameError(BottleneckError):
    """A text cannot be a run's name."""


class DamagedRunError(BottleneckError):
    """A run's folder is there, but what it holds cannot be read."""


class DivergedError(BottleneckError):
    """The loss became NaN or infinite; the last good weights were kept."""


class JobError(BottleneckError):
    """The workers cannot be reached, or a job died for a reason that is not the visitor's."""


class CancelledError(BottleneckError):
    """Somebody called off what a worker was making."""
