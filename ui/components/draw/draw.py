"""The figure of the Draw page: what the networks see of a picture, its codes, and what they give back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ae_core.config.layers import IMAGE_SHAPE, Plan
from ae_core.preprocessing.corruption import NOISE, Spoil
from ui.components.payload import fingerprint, layer_values, pack
from ui.components.scripts import register

Floats = NDArray[np.float32]

_FIGURE = register("draw")


@dataclass(frozen=True)
class GuessShown:
    """A classifier head that reads a codec's codes.

    Attributes:
        model: the name of its network, see `carrier`.
        names: of the classes, one for each of its logits.
        words: where it comes from, a sentence.
    """

    model: str
    names: tuple[str, ...]
    words: str


@dataclass(frozen=True, eq=False)
class Shown:
    """One codec in the figure.

    Attributes:
        name: what the visitor reads.
        model: the name of its network, see `carrier`.
        plan: its layers, to be drawn.
        percentiles: (101,) float32, of its errors on held-out images.
        usual: (2, latent_dim) float32, between which values nearly all held-out codes lie.
        guess: the head that names the picture, if there is one.
    """

    name: str
    model: str
    plan: Plan
    percentiles: Floats
    usual: Floats
    guess: GuessShown | None = None


@dataclass(frozen=True)
class Settings:
    """How a drawing becomes what the networks see; set in the figure.

    Attributes:
        centre: centred and scaled as MNIST's digits are. For drawings alone.
        spoil: the damage that is done to it then.
    """

    centre: bool = True
    spoil: Spoil = field(default_factory=Spoil)

    @classmethod
    def from_json(cls, values: object) -> Settings:
        """From what a browser sent. Whatever is not understood is left as it usually is."""
        if not isinstance(values, dict):
            return cls()
        return cls(values.get("centre") is not False, Spoil.from_json(values.get("spoil")))


@dataclass(frozen=True, eq=False)
class Checked:
    """What the server made of a finished picture, for the figure to compare with.

    Attributes:
        clean, seen: (28, 28) float32, the picture before and after it was spoiled.
        made: of each codec the code (latent_dim,) and the reconstruction (28, 28), float32.
    """

    clean: Floats
    seen: Floats
    made: Sequence[tuple[Floats, Floats]]


def draw_figure(
    *,
    key: str,
    codecs: Sequence[Shown],
    settings: Settings,
    given: int,
    on_settings: Callable[[], None],
    canvas: str | None = None,
    picture: Floats | None = None,
    checked: Checked | None = None,
) -> None:
    """Show the figure. It follows the canvas at every frame of a stroke, and asks the server for nothing.

    Args:
        settings: what the figure begins with. Later ones, by `on_settings`, are in the session's state of `key` as
            "settings", for `Settings.from_json`.
        given: another number whenever the figure is to take `settings` instead of what the visitor has set in it.
        canvas: the key of the drawing canvas beside it, or None to show `picture`.
        picture: (28, 28) float32 in [0, 1], where there is no canvas.
        checked: what the server made of the last picture that reached it.

    Raises:
        ValueError: no codecs, or an array of another shape.
    """
    _FIGURE(
        key=key,
        data=draw_data(codecs=codecs, settings=settings, given=given, canvas=canvas, picture=picture, checked=checked),
        default={"settings": None},
        on_settings_change=on_settings,
    )


def draw_data(
    *,
    codecs: Sequence[Shown],
    settings: Settings,
    given: int = 0,
    canvas: str | None = None,
    picture: Floats | None = None,
    checked: Checked | None = None,
) -> bytes:
    """What `draw_figure` sends. Raises ValueError as it does."""
    if not codecs:
        raise ValueError("codecs must hold at least one codec. Received: none.")
    blobs = {"noise": _bytes(NOISE, IMAGE_SHAPE, "NOISE")}
    for index, codec in enumerate(codecs):
        blobs[f"percentiles{index}"] = _bytes(codec.percentiles, (101,), "percentiles")
        blobs[f"range{index}"] = _bytes(codec.usual, (2, _latent_dim(codec)), "usual")
    if picture is not None:
        blobs["picture"] = _bytes(picture, IMAGE_SHAPE, "picture")
    if checked:
        blobs["clean"] = _bytes(checked.clean, IMAGE_SHAPE, "clean")
        blobs["seen"] = _bytes(checked.seen, IMAGE_SHAPE, "seen")
        for index, (codec, (code, image)) in enumerate(zip(codecs, checked.made, strict=True)):
            blobs[f"code{index}"] = _bytes(code, (_latent_dim(codec),), "A code")
            blobs[f"image{index}"] = _bytes(image, IMAGE_SHAPE, "A reconstruction")
    header = {
        "canvas": canvas,
        "settings": asdict(settings),
        "given": given,
        "checked": checked is not None,
        "codecs": [_values(codec) for codec in codecs],
    }
    return pack(header, blobs)


def _values(codec: Shown) -> dict[str, Any]:
    return {
        "name": codec.name,
        "model": codec.model,
        "latentDim": _latent_dim(codec),
        # Depends on the held-out images, of which the model's name says nothing.
        "measured": fingerprint(codec.percentiles.tobytes(), codec.usual.tobytes()),
        "encoder": layer_values(codec.plan.drawn_encoder),
        "decoder": layer_values(codec.plan.decoder),
        "guess": asdict(codec.guess) if codec.guess else None,
    }


def _latent_dim(codec: Shown) -> int:
    return codec.plan.encoder[-1].shape[0]


def _bytes(array: Floats, shape: tuple[int, ...], name: str) -> bytes:
    if array.shape != shape:
        raise ValueError(f"{name} must be of shape {shape}. Received: {array.shape}.")
    return array.astype("<f4").tobytes()
