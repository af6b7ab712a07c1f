"""The losses that there are. Each is a function of TensorFlow in a module above, and an entry of the table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Loss:
    """What counts as a good reconstruction.

    Attributes:
        title: as pages write it.
        function: where it is in `ae_core`, as "package.module:name". It takes images and reconstructions, both
            (n, 28, 28), and gives their mean loss.
        outputs: the output activations that give what it takes; empty for any.
        why: what it needs of its outputs, as in "needs pixels between 0 and 1".
        of_logits: where the same is as a function of what comes before a sigmoid, for one that takes its outputs alone;
            empty if there is none.
    """

    title: str
    function: str
    outputs: tuple[str, ...] = ()
    why: str = ""
    of_logits: str = ""

    def __post_init__(self) -> None:
        if self.of_logits and self.outputs != ("sigmoid",):
            raise ValueError(f"A loss of logits takes outputs of a sigmoid alone. Received: {self.outputs}.")


LOSSES: dict[str, Loss] = {
    "mse": Loss("Mean squared error", "training.losses:mean_squared_error"),
    "bce": Loss(
        "Binary cross-entropy",
        "training.losses:binary_crossentropy",
        ("sigmoid",),
        "needs pixels between 0 and 1",
        "training.losses:binary_crossentropy_of_logits",
    ),
}
"""By the name that a Config has."""
