"""The Generate page: whose samples it shows, what it says when there are none, and when it measures."""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ae_core.codec import open_codec
from ae_core.config import Config
from ae_core.datasets import load_dataset
from ae_core.drawing import digit_from_canvas
from ae_core.quality import Judge
from ae_core.store import Run, RunStore
from ae_core.uploads import add_images
from ae_core.work import baseline_path, judge_path
from tests.app.fake_jobs import FakeJobs, job, progress_at
from tests.app.tab import Tab
from tests.app.test_draw import drawn, stroke
from tests.small import copied, trained
from ui.board import CANVAS

FIRST = Config()


@pytest.fixture
def run(store: RunStore, small_run: Run) -> Run:
    return copied(small_run, store)


@pytest.fixture(scope="session")
def plain_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run whose images have no labels, and of which there are few."""
    store = RunStore(tmp_path_factory.mktemp("plain-runs"))
    pixels = load_dataset("mnist").train_pixels
    content = BytesIO()
    np.savez(content, x_train=pixels[:40], x_test=pixels[40:60])
    name = add_images({"plain.npz": content.getvalue()}, title="Plain", folder=store.root / "datasets").name
    return trained(store, dataset=name, encoder_widths="8", latent_dim="1", steps="5", batch_size="16")


def keep_a_judge(store: RunStore) -> None:
    random = np.random.default_rng(0)
    sizes = (784, 128, 64)
    layers = [(random.normal(size=(a, b)).astype(np.float32) / 20, np.zeros(b, np.float32)) for a, b in pairwise(sizes)]
    Judge(layers).save(judge_path(store, "mnist"))


def sample_sets(tab: Tab) -> tuple[list[dict[str, Any]], list[NDArray[np.uint8]]]:
    """Of each codec what the page says of its samples, and the samples (100, 28, 28)."""
    header, arrays = tab.block("samples")
    sets = header["sets"]
    return sets, [arrays[f"images{place}"].reshape(-1, 28, 28) for place in range(len(sets))]


def sum_terms(tab: Tab) -> tuple[list[dict[str, str]], NDArray[np.uint8]]:
    header, arrays = tab.block("equation")
    return header["terms"], arrays["images"].reshape(-1, 28, 28)


def tables(tab: Tab) -> list[Any]:
    return [frame.value for frame in tab.dataframe]


def test_there_are_25_samples_from_each_of_four_distributions(tab: Tab, run: Run) -> None:
    tab.open("generate")
    ((one),), (images,) = sample_sets(tab)
    assert [grid["title"] for grid in one["grids"]] == ["Prior", "One normal", "Mixture", "Box"]
    assert images.shape == (100, 28, 28)
    assert "Nothing in its training made its codes normal." in one["grids"][0]["note"]
    low, median, high = one["usual"]
    assert 0 < low < median < high


def test_the_nearest_training_image_is_one_that_the_run_was_trained_with(tab: Tab, run: Run) -> None:
    tab.open("generate")
    header, arrays = tab.block("samples")
    pixels = load_dataset("mnist").train_pixels[: run.config.train_size].reshape(-1, 784) / 255
    sample = arrays["images0"].reshape(-1, 784)[30] / 255
    away = np.linalg.norm(pixels - sample, axis=1)
    index = int(away.argmin())
    assert header["sets"][0]["nearestNames"][30].startswith(f"training image {index}, label ")
    assert arrays["distances0"].copy().view("<f4")[30] == pytest.approx(away[index], abs=1e-3)


def test_new_samples_come_with_the_next_seed_and_the_old_ones_with_the_old_seed(tab: Tab, run: Run) -> None:
    tab.open("generate", seed="7")
    assert tab.number_input(key="seed").value == 7
    _, (first,) = sample_sets(tab)
    tab.button(key="new_samples").click().run()
    _, (second,) = sample_sets(tab)
    assert tab.number_input(key="seed").value == 8
    assert not np.array_equal(first, second)
    tab.number_input(key="seed").set_value(7).run()
    assert np.array_equal(sample_sets(tab)[1][0], first)


def test_the_spread_of_the_prior_moves_the_prior_alone(tab: Tab, run: Run) -> None:
    tab.open("generate")
    _, (before,) = sample_sets(tab)
    tab.slider(key="spread").set_value(3.0).run()
    ((one),), (after,) = sample_sets(tab)
    assert "deviation 3.0" in one["grids"][0]["note"]
    assert not np.array_equal(before[:25], after[:25])
    assert np.array_equal(before[25:], after[25:])


def test_another_run_stands_beside_it(tab: Tab, store: RunStore, run: Run, digit_runs: dict[int, Run]) -> None:
    other = copied(digit_runs[32], store)
    tab.open("generate", run=run.key, beside=other.key)
    sets, images = sample_sets(tab)
    assert [one["name"] for one in sets] == [run.title, other.title]
    assert not np.array_equal(*images)
    tab.selectbox(key="chosen_beside").set_value("nothing").run()
    assert len(sample_sets(tab)[0]) == 1


def test_pca_stands_beside_a_run_once_it_is_fitted(tab: Tab, jobs: FakeJobs, store: RunStore, run: Run) -> None:
    from ae_core.baselines import PcaBasis

    tab.open("generate", beside="pca")
    assert any("PCA is being fitted" in words for words in tab.words())
    assert jobs.errands.fitted
    PcaBasis.fit(load_dataset("mnist").train_pixels[:512]).save(baseline_path(store, run.config))
    tab.run()
    assert [one["name"] for one in sample_sets(tab)[0]] == [run.title, "PCA, 4 dimensions"]


def test_an_address_with_nonsense_beside_a_run_shows_the_run_alone(tab: Tab, run: Run) -> None:
    tab.open("generate", beside="0123456789ab", seed="nonsense", spread="-5")
    assert "0123456789ab" in tab.warning[0].value
    assert len(sample_sets(tab)[0]) == 1


def test_a_server_without_runs_trains_the_quick_start(tab: Tab, jobs: FakeJobs) -> None:
    tab.open("generate")
    assert jobs.submitted == [FIRST]
    jobs.under_way[FIRST.key] = job(FIRST, progress=progress_at(300, FIRST))
    tab.run()
    assert tab.info[0].value.startswith("No network is trained on this server yet. Quick start is being trained now")


@pytest.mark.parametrize("name", ["network.bin", "encoder.tflite"])
def test_a_damaged_run_can_be_deleted_and_the_page_goes_on(tab: Tab, run: Run, name: str) -> None:
    (run.path / name).write_bytes(b"cut off!")
    tab.open("generate")
    assert tab.error[0].value.startswith(f"Run {run.key} is damaged: ")
    tab.button(key=f"delete_damaged_{run.key}").click().run()
    assert not tab.error


def test_a_run_that_was_deleted_meanwhile_gives_way_to_another(
    tab: Tab, store: RunStore, run: Run, digit_runs: dict[int, Run]
) -> None:
    other = copied(digit_runs[2], store)
    tab.open("generate", run=run.key)
    store.delete(run.key)
    tab.run()
    assert tab.warning[0].value.endswith("Showing another one.")
    assert [one["name"] for one in sample_sets(tab)[0]] == [other.title]


def test_a_run_whose_codes_all_coincide_has_nothing_to_generate(
    tab: Tab, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ae_core.codec import LiteRtCodec

    monkeypatch.setattr(LiteRtCodec, "encode", lambda _, images: np.full((len(images), 4), 2, np.float32))
    tab.open("generate")
    assert "gives every image the same code" in tab.info[0].value
    assert not [one for one in tab.get("bidi_component") if one.key == "samples"]


def test_few_images_without_labels_and_a_code_of_one_number(
    tab: Tab, jobs: FakeJobs, store: RunStore, plain_run: Run
) -> None:
    run = copied(plain_run, store)
    tab.open("generate")
    assert sample_sets(tab)[1][0].shape == (100, 28, 28)
    header, _ = tab.block("between")
    assert [path["arc"] for path in header["codecs"]] == [False]
    assert "These images have no labels, so there is no class to take an average of." in tab.words()
    tab.button(key="measure").click().run()
    assert jobs.errands.judged == []
    assert [config.dataset for config in jobs.errands.fitted] == [run.config.dataset] * len(jobs.errands.fitted)


def test_the_ends_of_the_way_are_test_images_of_the_chosen_class(tab: Tab, run: Run) -> None:
    data = load_dataset("mnist")
    assert data.test_labels is not None
    tab.open("generate")
    tab.selectbox(key="between_kind_A").set_value("5").run()
    index = tab.number_input(key="between_index_A").value
    assert data.test_labels[index] == 5
    tab.button(key="between_another_A").click().run()
    later = tab.number_input(key="between_index_A").value
    assert later == np.flatnonzero(data.test_labels[index + 1 :] == 5)[0] + index + 1
    header, arrays = tab.block("between")
    assert np.array_equal(arrays["a"].copy().view("<f4").reshape(28, 28), data.test_images[later])
    assert [path["arc"] for path in header["codecs"]] == [False, True]


def test_a_drawing_can_be_an_end_and_a_term(tab: Tab, run: Run) -> None:
    tab.open("draw")
    tab.session_state[CANVAS] = drawn()
    tab.run()
    tab.open("generate")
    tab.selectbox(key="between_kind_B").set_value("your drawing").run()
    digit = digit_from_canvas(stroke())
    assert np.array_equal(tab.block("between")[1]["b"].copy().view("<f4").reshape(28, 28), digit)
    tab.selectbox(key="sum_plus").set_value("your drawing").run()
    terms, images = sum_terms(tab)
    assert terms[2]["name"] == "your drawing"
    codec = open_codec(run)
    expected = np.round(np.clip(codec.decode(codec.encode(digit[None])), 0, 1) * 255)[0]
    assert np.array_equal(images[2], expected.astype(np.uint8))


def test_a_sum_shows_each_term_and_the_result(tab: Tab, run: Run) -> None:
    tab.open("generate")
    terms, images = sum_terms(tab)
    assert [term["sign"] for term in terms] == ["", "−", "+", "="]
    assert [term["name"] for term in terms] == ["average 7", "average 1", "average 4", "the sum"]
    tab.selectbox(key="sum_minus").set_value("average 7").run()
    _, images = sum_terms(tab)
    # What is taken away is what was there: the third term is left.
    assert np.abs(images[3].astype(int) - images[2]).max() <= 1


def test_nothing_is_measured_until_it_is_asked_for(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    tab.open("generate")
    assert "Measure the samples" in tab.labels()
    assert jobs.errands.judged == []
    tab.button(key="measure").click().run()
    assert set(jobs.errands.judged) == {"mnist"}
    assert any("The features are being learned" in words for words in tab.words())


def test_precision_and_recall_are_measured_once_the_judge_is_there(tab: Tab, store: RunStore, run: Run) -> None:
    keep_a_judge(store)
    tab.open("generate")
    tab.button(key="measure").click().run()
    (table,) = tables(tab)
    assert list(table["Images"]) == ["Prior", "One normal", "Mixture", "Box", "Reconstructions", "Training images"]
    assert table[["Precision", "Recall", "Both"]].to_numpy().min() >= 0
    assert table["Both"].iloc[-1] > 0.6


def test_a_damaged_judge_is_made_anew(tab: Tab, jobs: FakeJobs, store: RunStore, run: Run) -> None:
    path: Path = judge_path(store, "mnist")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"cut off!")
    tab.open("generate")
    tab.button(key="measure").click().run()
    assert jobs.errands.judged
    assert not path.exists()
