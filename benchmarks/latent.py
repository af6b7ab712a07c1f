"""How long a latent space keeps one waiting: its codes against Keras, its maps against openTSNE and umap-learn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.codes import Codes, Library, Map, codes_of, keras_rate, library_map, litert_rate, our_map, train_run
from benchmarks.map_page import measure_map
from benchmarks.rows import Bar, Row, alternate, say
from benchmarks.sides import Side

NAME = "latent"
AGAINST_KERAS = Bar(5.0, "least")
AGAINST_LIBRARY = Bar(1.1, "most")
"""The aim is 1.05. Times of the same map differ by several percent from one to the next, and by more than the aim where
anything else runs; the bar allows for that."""
LOWER = Bar(0.02, "most")

MAP_SECONDS = 900.0
WARM_UP_CODES = 4_200
TITLES: dict[Library, tuple[str, str]] = {"tsne": ("t-SNE", "openTSNE"), "umap": ("UMAP", "umap-learn")}


def measure(*, quick: bool) -> list[Row]:
    """Encoding all held-out digits; the maps of their codes; the page that shows them."""
    return [*_encoding_and_maps(quick=quick), *measure_map(quick=quick)]


def _encoding_and_maps(*, quick: bool) -> list[Row]:
    steps, count = (100, 2_500) if quick else (1000, 10_000)
    with (
        TemporaryDirectory() as name,
        Side("The app") as ours,
        Side("The libraries") as theirs,
        Side("Keras") as keras,
    ):
        folder = Path(name)
        say(f"  training the quick start for {steps} steps; compiling what umap-learn compiles")
        keras.ask(train_run, steps, folder)
        # Beyond 4096 codes umap-learn goes another way, so what is to be compiled depends on their number.
        few = np.random.default_rng(0).normal(size=(min(count, WARM_UP_CODES), 32)).astype(np.float32)
        for side, make in ((ours, our_map), (theirs, library_map)):
            side.ask(_warm_up, make, few)
        key = keras.answer()
        for side in (ours, theirs):
            side.answer()
        rows = [_encoding(ours, keras, folder, key, quick=quick)]
        codes = ours.call(codes_of, folder, key, count)
        for method in TITLES:
            rows += _map(ours, theirs, codes, method, quick=quick)
    return rows


def _warm_up(make: Callable[[Codes, Library], Map], codes: Codes) -> None:
    make(codes[:100], "tsne")
    make(codes, "umap")


def _encoding(ours: Side, keras: Side, folder: Path, key: str, *, quick: bool) -> Row:
    rounds = 2 if quick else 5
    say(f"  LiteRT against Keras: {rounds} rounds")
    value, against = alternate(
        lambda: float(ours.call(litert_rate, folder, key)),
        lambda: float(keras.call(keras_rate, folder, key)),
        rounds=rounds,
    )
    return Row(
        NAME, "encoding 10000 digits with LiteRT, against Keras predict in batches of 32",
        value, "digits/s", against, AGAINST_KERAS,
    )  # fmt: skip


def _map(ours: Side, theirs: Side, codes: Codes, method: Library, *, quick: bool) -> list[Row]:
    """How long a map takes and how far its trustworthiness is below that of the library's own.

    Compiling is left out on both sides, though it is longer on theirs: umap-learn is compiled once in a process.
    """
    title, library = TITLES[method]
    rounds = 1 if quick else 3
    say(f"  {title} of {len(codes)} codes: {rounds} rounds")
    made: tuple[list[Map], list[Map]] = ([], [])

    def our_seconds() -> float:
        ours.ask(our_map, codes, method)
        made[0].append(ours.answer(seconds=MAP_SECONDS))
        return made[0][-1].seconds

    def their_seconds() -> float:
        theirs.ask(library_map, codes, method)
        made[1].append(theirs.answer(seconds=MAP_SECONDS))
        return made[1][-1].seconds

    value, against = alternate(our_seconds, their_seconds, rounds=rounds)
    trust, their_trust = (median(each.trustworthiness for each in side) for side in made)
    return [
        Row(
            NAME, f"{title} of {len(codes)} codes, against {library} with its own settings",
            value, "s", against, AGAINST_LIBRARY,
        ),
        Row(NAME, f"trustworthiness of the {title} map, against {library}'s", trust, "of 1", their_trust),
        Row(NAME, f"how far that of the {title} map is below {library}'s", their_trust - trust, "of 1", None, LOWER),
    ]  # fmt: skip
