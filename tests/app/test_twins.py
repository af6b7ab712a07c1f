"""Runs with the same weights, of images that differ: what is worked out for one is not shown for the other."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray

from ae_core.classification.heads import Head, keep_head
from ae_core.codecs.codec import weights_of
from ae_core.datasets.catalogue import load_dataset
from ae_core.datasets.uploads import add_images
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from tests.app.tab import Tab
from tests.app.test_draw import draw
from tests.app.test_generate import sample_sets, tables
from tests.app.test_run_list import like
from tests.small import SMALL, copied


@pytest.fixture
def run(store: RunStore, small_run: Run) -> Run:
    return copied(small_run, store)


def twin(run: Run, store: RunStore, *, later: int = 0, fainter: int = 1) -> Run:
    """The same network, as if it had learned from some images with labels that are `later` by so many.

    Args:
        fainter: how many times darker the held-out ones are than MNIST's.
    """
    data = load_dataset("mnist")
    arrays: dict[str, NDArray[np.generic]] = {
        "x_train": data.train_pixels[:256], "x_test": data.test_pixels[:64] // fainter,
        "y_train": data.train_labels[:256] + later, "y_test": data.test_labels[:64] + later,
    }  # fmt: skip
    content = BytesIO()
    np.savez(content, **arrays)
    folder = store.root / "datasets"
    name = add_images({"images.npz": content.getvalue()}, title=f"Images {later} {fainter}", folder=folder).name
    made = like(run, replace(SMALL, dataset=name, train_size=None), store)
    # It is about more images than these.
    (made.path / "frames.npz").unlink()
    return made


def test_a_map_has_the_classes_of_its_own_run(tab: Tab, store: RunStore, run: Run) -> None:
    def classes(run: Run) -> list[str]:
        tab.open("latent", run=run.key)
        (carrier,) = (one.key for one in tab.get("bidi_component") if str(one.key).startswith("collection_"))
        names: list[str] = tab.block(carrier)[0]["classNames"]
        return names

    plain, shifted = twin(run, store), twin(run, store, later=10)
    assert weights_of(plain) == weights_of(shifted)
    assert classes(plain) == [str(label) for label in range(10)]
    assert classes(shifted) == [str(label) for label in range(20)]


def test_samples_are_taken_for_the_classes_of_their_own_run(tab: Tab, store: RunStore, run: Run) -> None:
    def first_caption(run: Run, classes: NDArray[np.int64]) -> str:
        size = run.config.latent_dim
        hidden = np.ones((size, 3), np.float32), np.zeros(3, np.float32)
        output = np.ones((3, 10), np.float32), np.eye(10, dtype=np.float32)[3] * 9
        keep_head(run, Head(hidden, output, classes, 100, 0, 0.9, weights_of(run)))
        tab.open("generate", run=run.key, beside="nothing")
        caption: str = sample_sets(tab)[0][0]["captions"][0]["full"]
        return caption

    plain, shifted = twin(run, store), twin(run, store, later=10)
    assert first_caption(plain, np.arange(10)).startswith("Taken for 3 ")
    assert first_caption(shifted, np.arange(10, 20)).startswith("Taken for 13 ")


def test_what_is_usual_is_that_of_the_runs_own_held_out_images(tab: Tab, store: RunStore, run: Run) -> None:
    def usual(run: Run) -> str:
        # Another visitor: this one has chosen the first already.
        other = draw(Tab().open("draw", codecs=run.key))
        (words,) = [words for words in other.words() if "From a test image to the nearest it is usually" in words]
        return words.split("usually ")[1].split(";")[0]

    def walked(run: Run) -> bytes:
        tab.open("latent", run=run.key)
        (walk,) = (one.key for one in tab.get("bidi_component") if str(one.key).startswith("traverse_"))
        return tab.block(walk)[1]["mean"].tobytes()

    first, others = twin(run, store), twin(run, store, fainter=4)
    assert usual(first) != usual(others)
    assert walked(first) != walked(others)


def test_what_was_measured_of_one_is_not_asked_for_of_the_other(tab: Tab, store: RunStore, run: Run) -> None:
    other = like(run, replace(run.config, seed=7), store)
    tab.open("generate", run=run.key, beside="nothing")
    tab.button(key="measure").click().run()
    assert len(tables(tab)) == 1
    tab.open("generate", run=other.key, beside="nothing")
    assert not tables(tab)
