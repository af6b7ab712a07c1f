"""Own images and Fashion-MNIST on the Train page."""

from __future__ import annotations

import io

import numpy as np
import pytest

from ae_core.runs.store import RunStore
from ae_core.workers.downloads import FashionMnist
from tests.app.fake_jobs import FakeJobs
from tests.app.tab import Tab


def as_npz(count: int = 40) -> bytes:
    file = io.BytesIO()
    images = np.random.default_rng(0).integers(0, 256, (count, 28, 28), dtype=np.uint8)
    np.savez(file, x_train=images, y_train=np.arange(count) % 4)
    return file.getvalue()


@pytest.fixture
def own(tab: Tab) -> Tab:
    """A tab in which own images were just added."""
    tab.open("train", seed="7")
    tab.file_uploader(key="image_files").upload("shapes.npz", as_npz())
    tab.text_input(key="image_title").set_value("Four shapes")
    tab.button(key="add_images").click().run()
    return tab


def test_images_that_are_added_are_chosen_at_once(own: Tab, jobs: FakeJobs) -> None:
    name = own.selectbox(key="set_dataset").value
    assert name.startswith("images-")
    assert own.query_params == {"dataset": name, "seed": "7"}
    assert own.multiselect(key="set_classes").options == ["0", "1", "2", "3"]
    own.button(key="train").click().run()
    assert jobs.trained[0].dataset == name


def test_a_file_that_is_no_image_file_is_explained_beside_it(tab: Tab) -> None:
    tab.open("train", seed="7")
    tab.file_uploader(key="image_files").upload("notes.txt", b"not an image")
    tab.button(key="add_images").click().run()
    assert [error.value for error in tab.error if "notes.txt" in error.value]
    assert tab.query_params == {"seed": "7"}


def test_adding_no_file_is_explained(tab: Tab) -> None:
    tab.open("train")
    tab.button(key="add_images").click().run()
    assert tab.error


def test_own_images_can_be_removed_again(own: Tab, store: RunStore) -> None:
    own.button(key="remove_images").click().run()
    assert own.selectbox(key="set_dataset").value == "mnist"
    assert own.query_params == {"seed": "7"}
    assert list((store.root / "datasets").glob("images-*")) == []


def test_the_page_says_which_labels_are_taken(tab: Tab) -> None:
    tab.open("train")
    assert any("Labels are whole numbers from 0 to 249." in words for words in tab.words())


def test_own_images_that_somebody_else_removed_are_explained(own: Tab, store: RunStore) -> None:
    for path in (store.root / "datasets").glob("images-*"):
        path.unlink()
    own.run()
    assert [error.value for error in own.error if "still here" in error.value]
    own.run()
    assert own.selectbox(key="set_dataset").value == "mnist"
    assert not own.button(key="train").disabled


def test_fashion_mnist_is_fetched_when_asked_for(tab: Tab, jobs: FakeJobs) -> None:
    tab.open("train")
    tab.button(key="fetch_fashion").click().run()
    assert jobs.active(FashionMnist)
    assert [info.value for info in tab.info if info.value.startswith("Fetching Fashion-MNIST")]
    del jobs.under_way[FashionMnist()]
    jobs.failures[FashionMnist()] = "No connection to the internet."
    tab.run()
    assert [error.value for error in tab.error] == ["No connection to the internet."]
    assert "Fetch Fashion-MNIST (30 MB)" in tab.labels()
