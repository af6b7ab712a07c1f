"""A piece of work that pages ask of workers. A kind of work is a class of it, in a module of this folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

from ae_core.runs.history import Request
from ae_core.workers.pace import Pace

P = TypeVar("P")
"""What a kind of work tells of its progress; None where it tells nothing."""
Told = TypeVar("Told", contravariant=True)
GAVE_WAY = "gave way"
"""What `Work.do` returns when it has left its worker to others and is to be gone on with."""


class Channel(Protocol[Told]):
    """A worker's line to all who wait for what it does."""

    def report(self, progress: Told) -> None:
        """Tell everybody how far it is. Each report is whole, so that one which is lost does no harm."""

    def asked(self) -> Request | None:
        """Whether somebody wants it to end: "stop" before "pause", if both were asked for, and last "give way"."""


class Work(ABC, Generic[P]):
    """One piece of work. Subclasses are frozen dataclasses: their fields tell one piece from another.

    What is asked for twice is done once, and everybody who asked watches the same.

    Attributes:
        resource: a Dask resource that it takes; each of our own workers has one of each. Without it the work is done
            beside whatever else the worker does.
        urgency: more urgent work is begun before any that is less so, whoever asked first.
        unbegun_can_go: whether it is simply forgotten when it is called off before a worker has begun. False for work
            that writes down how it was left.
        gives_way: whether it can leave its worker to others and go on later where it was.
        keeps_answer: whether `Jobs.answer` has what `do` returned. Else the work leaves files behind.
        remedy: what a visitor can do when the workers were lost, a sentence.
        lighter: what to do when it takes too much memory, a sentence.
    """

    resource: ClassVar[str] = ""
    urgency: ClassVar[int] = 1
    unbegun_can_go: ClassVar[bool] = True
    gives_way: ClassVar[bool] = False
    keeps_answer: ClassVar[bool] = False
    remedy: ClassVar[str] = "Ask for it again."
    lighter: ClassVar[str] = "Ask for it again."

    @property
    @abstractmethod
    def name(self) -> str:
        """What tells it from all other work of all kinds; the same text in every process."""

    @property
    @abstractmethod
    def noun(self) -> str:
        """What a message about it calls it, as in "the map of run 0123"."""

    @abstractmethod
    def do(self, root: Path, channel: Channel[P]) -> Any:
        """Do it in the runs folder `root`. Called in a worker's process, where TensorFlow may be imported.

        Returns:
            `GAVE_WAY`, or what has come of it.

        Raises:
            CancelledError: `channel.asked` said that it shall end, and it is not done.
            BottleneckError: it cannot be done; the message is shown to visitors.
        """

    @property
    def doing(self) -> str:
        """What a worker did when it died of it, in words that follow "it"."""
        return f"made {self.noun}"

    @property
    def turn(self) -> str:
        """What only one of is made at a time in a process, as in "map"; empty where it does not matter."""
        return ""

    def check(self, root: Path) -> None:
        """Raise a BottleneckError if it cannot be done, before anybody waits for it."""

    def begin(self, root: Path) -> bool:
        """Make ready what a worker needs; False when there is nothing to do, or another process does it."""
        return True

    def can_begin(self, root: Path) -> bool:
        """Whether it is still to be done once a worker is free; not so where what `begin` made ready is gone."""
        return True

    def pause_waiting(self, root: Path) -> bool:
        """Write down that it was paused while it waited, if no worker is needed for that; whether it is done."""
        return False

    def companions(self) -> Sequence[Work[Any]]:
        """What is wanted beside it, asked for first."""
        return ()

    def sitting(self, root: Path) -> str:
        """What tells this time from an earlier one, when the scheduler may still have what came of that."""
        return ""

    def waiting(self, for_what: str) -> P | None:
        """How far it is while it waits, as in "for a worker"."""
        return None

    def pack(self, progress: P) -> dict[str, Any]:
        """Progress as values that Dask can send as an event."""
        return dict(vars(progress))

    def unpack(self, values: Mapping[str, Any]) -> P:
        """The opposite of `pack`."""
        raise NotImplementedError(f"{type(self).__name__} tells nothing of its progress")

    def seconds_left(self, pace: Pace, progress: P | None) -> float:
        """As far as can be told; 0 where it cannot. Of work that has not begun, `progress` is None."""
        return 0.0

    def teach(self, pace: Pace, progress: P) -> None:
        """Tell `pace` how fast the workers are."""

    def note_failure(self, root: Path, message: str) -> None:
        """Write down that it failed for a reason which the worker itself could not write down."""

    @classmethod
    def interrupted(cls, root: Path) -> Sequence[Self]:
        """What was asked for and not ended when the last process ended, in the order in which it was asked for."""
        return ()
