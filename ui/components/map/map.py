"""The latent space as a map: a dot for each code, to walk in, to ask what lies where, and what lies between."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ui.components.collection.collection import Collection
from ui.components.payload import Images, image_bytes, pack
from ui.components.scripts import register
from ui.shell.palette import CLASSES

Floats = NDArray[np.float32]

_MAP = register("map")


@dataclass(frozen=True, eq=False)
class LinearInverse:
    """The map is a plane in the latent space: code = mean + place @ components.

    Attributes:
        mean: (latent_dim,) float32.
        components: (2, latent_dim) float32.
    """

    mean: Floats
    components: Floats


@dataclass(frozen=True, eq=False)
class Star:
    """A place on the map with a name, such as where the visitor's drawing lies.

    Attributes:
        x, y: in the coordinates of the points.
        name: what the visitor reads beside it.
        code: (latent_dim,) float32, for what the decoder makes of it and the images nearest to it.
        image: (28, 28) uint8, what was encoded.
    """

    x: float
    y: float
    name: str
    code: Floats | None = None
    image: Images | None = None


@dataclass(frozen=True)
class MapView:
    """How the visitor sees a map.

    Attributes:
        colour: what the dots are coloured by: label, error, or dim-3 for the third number of the code.
        grid: pictures along the longer side of the decoded grid; 0 for none.
        digits: whether digits are drawn instead of dots.
        pin: the number of an image, drawing for the star, at~0.5~-1.2 for a place; empty for nothing.
    """

    colour: str = "label"
    grid: int = 0
    digits: bool = False
    pin: str = ""

    @classmethod
    def from_json(cls, values: object) -> MapView:
        """From what a browser sent. Whatever is of another type is left as it usually is."""
        given, usual = values if isinstance(values, dict) else {}, vars(cls())
        return cls(**{name: given[name] for name in usual if type(given.get(name)) is type(usual[name])})


Inverse = Literal["direct", "neighbours"] | LinearInverse
"""How a place becomes a code. direct: the place is the code, or x alone for a latent space of one dimension.
neighbours: nothing better is known than a weighted mean of the codes around it."""


def latent_map(
    *,
    key: str,
    collection: Collection,
    model: str,
    points: Floats,
    inverse: Inverse,
    stars: Sequence[Star] = (),
    caption: str = "",
    note: str = "",
    forming: bool = False,
    axes: tuple[str, str] | None = None,
    view: MapView | None = None,
    given: int = 0,
    on_view: Callable[[], None] = lambda: None,
) -> None:
    """Show the map. All that happens in it happens in the browser; the server only hears what a visitor settles on.

    Call it again with the same key and other points, and they glide there; zoom, colours, tools and pin stay.

    Args:
        collection: whose codes these are; `carry_collection` brings it.
        model: the name of the network whose decoder draws, see `carrier`.
        points: (n, 2) float32, where each of the collection's images lies.
        inverse: how a place becomes a code.
        stars: further places to show.
        caption: a line below the map.
        note: a few words on the map, such as that it is another one until the one that is wanted is there.
        forming: whether the points are still on their way, as with t-SNE.
        axes: what x and y are. None where the numbers mean nothing, as with t-SNE and UMAP.
        view: how it is seen at first. Later ones, by `on_view`, are in the session's state of `key` as "view", for
            `MapView.from_json`.
        given: another number whenever the map is to take `view` instead of what the visitor has set in it.

    Raises:
        ValueError: an array of another shape, places that are not finite, or an inverse that does not fit the codes.
    """
    data = map_data(
        collection=collection,
        model=model,
        points=points,
        inverse=inverse,
        stars=stars,
        caption=caption,
        note=note,
        forming=forming,
        axes=axes,
        view=view,
        given=given,
    )
    _MAP(key=key, data=data, default={"view": None}, on_view_change=on_view)


def map_data(
    *,
    collection: Collection,
    model: str,
    points: Floats,
    inverse: Inverse,
    stars: Sequence[Star] = (),
    caption: str = "",
    note: str = "",
    forming: bool = False,
    axes: tuple[str, str] | None = None,
    view: MapView | None = None,
    given: int = 0,
) -> bytes:
    """What `latent_map` sends. Raises ValueError as it does."""
    blobs = {"points": _bytes(points, (collection.count, 2), "points")}
    if not np.isfinite(points).all():
        raise ValueError("points must be finite. Received: some that are not.")
    if isinstance(inverse, LinearInverse):
        blobs["mean"] = _bytes(inverse.mean, (collection.latent_dim,), "mean")
        blobs["components"] = _bytes(inverse.components, (2, collection.latent_dim), "components")
    elif inverse == "direct" and collection.latent_dim > 2:
        raise ValueError(f'A "direct" inverse needs codes of 1 or 2 numbers. Received: {collection.latent_dim}.')
    for index, star in enumerate(stars):
        if star.code is not None:
            blobs[f"starCode{index}"] = _bytes(star.code, (collection.latent_dim,), "A star's code")
        if star.image is not None:
            blobs[f"starImage{index}"] = image_bytes(star.image[None], name="A star's image")
    header: dict[str, Any] = {
        "collection": collection.name,
        "count": collection.count,
        "latentDim": collection.latent_dim,
        "model": model,
        "inverse": "linear" if isinstance(inverse, LinearInverse) else inverse,
        "stars": [_star_values(star) for star in stars],
        "caption": caption,
        "note": note,
        "forming": forming,
        "axes": axes,
        "classColours": CLASSES,
        "view": asdict(view) if view else None,
        "given": given,
    }
    return pack(header, blobs)


def _star_values(star: Star) -> dict[str, Any]:
    if not (math.isfinite(star.x) and math.isfinite(star.y)):
        raise ValueError(f"A star's place must be finite. Received: {star.x}, {star.y}.")
    return {"x": float(star.x), "y": float(star.y), "name": star.name}


def _bytes(array: Floats, shape: tuple[int, ...], name: str) -> bytes:
    if array.shape != shape:
        raise ValueError(f"{name} must be of shape {shape}. Received: {array.shape}.")
    return array.astype("<f4").tobytes()
