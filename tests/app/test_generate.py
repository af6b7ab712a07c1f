"""The Generate page: whose samples it shows, what it says when there are none, and when it measures."""

from __future__ import annotations

import shutil
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ae_core.classification.heads import Head, keep_head
from ae_core.codecs.codec import open_codec, weights_of
from ae_core.codecs.pca import baseline_path
from ae_core.config.config import Config
from ae_core.datasets.catalogue import load_dataset
from ae_core.datasets.images import evenly
from ae_core.datasets.uploads import add_images
from ae_core.evaluation.density_coverage import RealImages
from ae_core.evaluation.random_features import random_features
from ae_core.files import write_json
from ae_core.latent.sampling import Normal
from ae_core.preprocessing.drawing import digit_from_canvas
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from ae_core.workers.pca_fits import PcaFit
from ae_core.workers.trainings import Training
from tests.app.fake_jobs import FakeJobs, job, progress_at
from tests.app.tab import Tab
from tests.app.test_draw import drawn, stroke
from tests.small import copied, trained
from ui.selection.drawing import CANVAS

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


def as_variational(run: Run, store: RunStore) -> Run:
    """The network of `run`, copied to `store`, under a config that says it was trained as a variational one."""
    config = replace(run.config, family="variational")
    shutil.copytree(run.path, store.root / config.key)
    write_json(store.root / config.key / "config.json", config.to_json())
    return store.open(config.key)


def sample_sets(tab: Tab) -> tuple[list[dict[str, Any]], list[NDArray[np.uint8]]]:
    """Of each codec what the page says of its samples, and the samples (100, 28, 28)."""
    header, arrays = tab.block("samples")
    sets = header["sets"]
    return sets, [arrays[f"images{place}"].reshape(-1, 28, 28) for place in range(len(sets))]


def sum_terms(tab: Tab) -> tuple[list[dict[str, str]], NDArray[np.uint8]]:
    header, arrays = tab.block("equation_0")
    return header["terms"], arrays["images"].reshape(-1, 28, 28)


def tries(tab: Tab) -> str:
    return next(words for words in tab.words() if words.startswith("- "))


def sums(tab: Tab) -> list[NDArray[np.uint8]]:
    """Of each codec the pictures of its sum."""
    return [tab.block(str(one.key))[1]["images"] for one in tab.get("bidi_component") if "equation" in str(one.key)]


def links(tab: Tab) -> list[str]:
    return [link.proto.label for link in tab.get("page_link")]


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


def test_each_sample_says_what_the_head_of_its_run_takes_it_for(tab: Tab, run: Run) -> None:
    tab.open("generate")
    ((one),), _ = sample_sets(tab)
    assert one["captions"] == []
    favours = np.log(np.float32([1, 1, 1, 16, 4, 1, 1, 1, 1, 1]))
    nothing = np.zeros((4, 8), np.float32), np.zeros(8, np.float32)
    head = Head(nothing, (np.zeros((8, 10), np.float32), favours), np.arange(10), 100, 0, 0.75, weights_of(run))
    keep_head(run, head)
    tab.run()
    ((one),), _ = sample_sets(tab)
    assert one["captions"] == 100 * [{"short": "3 57%", "full": "Taken for 3 (57%) else 4 (14%)"}]
    assert any(words.startswith("Under samples of ") and "100 labels" in words for words in tab.words())


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
    from ae_core.codecs.pca import PcaBasis

    tab.open("generate", beside="pca")
    assert any("PCA is being fitted" in words for words in tab.words())
    assert jobs.active(PcaFit)
    PcaBasis.fit(load_dataset("mnist").train_pixels[:512]).save(baseline_path(store, run.config))
    tab.run()
    assert [one["name"] for one in sample_sets(tab)[0]] == [run.title, "PCA, 4 dimensions"]


def test_an_address_with_nonsense_beside_a_run_shows_the_run_alone(tab: Tab, run: Run) -> None:
    tab.open("generate", beside="0123456789ab", seed="nonsense", spread="-5")
    assert "0123456789ab" in tab.warning[0].value
    assert len(sample_sets(tab)[0]) == 1
    said = [warning.value for warning in tab.warning][1:]
    assert said == [
        "seed must be a whole number from 0 to 1,000,000. Received: nonsense. Showing 0.",
        "spread must be a number from 0.2 to 4. Received: -5. Showing 1.",
    ]
    tab.number_input(key="seed").set_value(3).run()
    assert not tab.warning


def test_an_address_with_a_nonsense_run_says_so_until_one_is_chosen(
    tab: Tab, store: RunStore, run: Run, digit_runs: dict[int, Run]
) -> None:
    other = copied(digit_runs[2], store)
    tab.open("generate", run="non*sense*", beside="nonsense")
    first, second = (warning.value for warning in tab.warning)
    assert first.startswith("The address must name a run of this server. Received: non\\*sense\\*, ")
    assert first.endswith("Showing another one.")
    assert "Received: nonsense, " in second
    shown = tab.selectbox(key="chosen_run").value
    tab.selectbox(key="chosen_run").set_value(({run.key, other.key} - {shown}).pop()).run()
    assert not tab.warning


def test_whoever_comes_back_finds_all_choices_as_they_were(
    tab: Tab, store: RunStore, run: Run, digit_runs: dict[int, Run]
) -> None:
    other = copied(digit_runs[2], store)
    tab.open("generate", run=run.key, seed="7")
    tab.selectbox(key="chosen_beside").set_value(other.key).run()
    tab.slider(key="spread").set_value(2.5).run()
    tab.selectbox(key="between_kind_A").set_value("5").run()
    tab.button(key="between_another_A").click().run()
    tab.selectbox(key="sum_minus").set_value("average 2").run()
    index = tab.number_input(key="between_index_A").value
    tab.open("draw")
    tab.open("generate")
    assert [one["name"] for one in sample_sets(tab)[0]] == [run.title, other.title]
    assert tab.query_params["beside"] == other.key
    assert (tab.number_input(key="seed").value, tab.slider(key="spread").value) == (7, 2.5)
    assert tab.selectbox(key="between_kind_A").value == "5"
    assert tab.number_input(key="between_index_A").value == index
    assert tab.selectbox(key="sum_minus").value == "average 2"


def test_a_server_without_runs_trains_the_quick_start(tab: Tab, jobs: FakeJobs) -> None:
    tab.open("generate")
    assert jobs.trained == [FIRST]
    jobs.under_way[Training(FIRST)] = job(FIRST, progress=progress_at(300, FIRST))
    tab.run()
    assert tab.info[0].value.startswith("No network is trained on this server yet. Quick start is being trained now")


@pytest.mark.parametrize("name", ["network.bin", "encoder.tflite"])
def test_a_damaged_run_can_be_deleted_and_the_page_goes_on(tab: Tab, run: Run, name: str) -> None:
    (run.path / name).write_bytes(b"cut off!")
    tab.open("generate")
    assert tab.error[0].value.startswith(f"{run.title} is damaged: ")
    tab.button(key=f"delete_damaged_{run.key}").click().run()
    assert not tab.error


def test_a_run_that_was_deleted_meanwhile_gives_way_to_another(
    tab: Tab, store: RunStore, run: Run, digit_runs: dict[int, Run]
) -> None:
    other = copied(digit_runs[2], store)
    tab.open("generate", run=run.key)
    store.delete(run.key)
    tab.run()
    assert tab.warning[0].value == f"{run.title} is no longer here: somebody deleted it. Showing another one."
    assert [one["name"] for one in sample_sets(tab)[0]] == [other.title]


def test_a_run_beside_that_was_deleted_meanwhile_is_named(
    tab: Tab, store: RunStore, run: Run, digit_runs: dict[int, Run]
) -> None:
    other = copied(digit_runs[2], store)
    tab.open("generate", run=run.key, beside=other.key)
    store.delete(other.key)
    tab.run()
    assert tab.warning[0].value.startswith(f"{other.title} is no longer here: somebody deleted it. Nothing stands ")
    assert len(sample_sets(tab)[0]) == 1


def test_a_damaged_run_beside_is_named_and_the_run_is_shown(
    tab: Tab, store: RunStore, run: Run, digit_runs: dict[int, Run]
) -> None:
    other = copied(digit_runs[2], store)
    (other.path / "network.bin").write_bytes(b"cut off!")
    tab.open("generate", run=run.key, beside=other.key)
    assert tab.error[0].value.startswith(f"{other.title} is damaged: ")
    assert [one["name"] for one in sample_sets(tab)[0]] == [run.title]


def test_a_run_whose_codes_all_coincide_has_nothing_to_generate(
    tab: Tab, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ae_core.codecs.codec import LiteRtCodec

    monkeypatch.setattr(LiteRtCodec, "encode", lambda _, images: np.full((len(images), 4), 2, np.float32))
    tab.open("generate")
    assert "gives every image the same code" in tab.info[0].value
    assert not [one for one in tab.get("bidi_component") if one.key == "samples"]


def test_few_images_without_labels_and_a_code_of_one_number(
    tab: Tab, jobs: FakeJobs, store: RunStore, plain_run: Run
) -> None:
    copied(plain_run, store)
    tab.open("generate")
    assert sample_sets(tab)[1][0].shape == (100, 28, 28)
    header, _ = tab.block("between")
    assert [path["arc"] for path in header["codecs"]] == [False]
    assert "These images have no labels, so there is no class to take an average of." in tab.words()
    tab.button(key="measure").click().run()
    (table,) = tables(tab)
    assert table["Coverage"].iloc[-1] > 0
    assert not jobs.asked


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


def test_a_sum_is_made_with_the_codes_of_both_networks(
    tab: Tab, store: RunStore, run: Run, digit_runs: dict[int, Run]
) -> None:
    same = copied(digit_runs[2], store)
    other = copied(digit_runs[32], store)
    tab.open("generate", run=same.key, beside=other.key)
    assert not np.array_equal(*sums(tab))
    # Of other images an average is another thing.
    tab.open("generate", run=run.key, beside=other.key)
    assert len(sums(tab)) == 1


def test_density_and_coverage_are_measured_once_they_are_asked_for(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    tab.open("generate")
    assert not tables(tab)
    tab.button(key="measure").click().run()
    (table,) = tables(tab)
    assert list(table["Images"]) == ["Prior", "One normal", "Mixture", "Box", "Reconstructions", "Training images"]
    assert table[["Density", "Coverage"]].to_numpy().min() >= 0
    assert table["Density"].iloc[-1] > 0.85
    # Of its 512 training images. There are 2,000 test images to cover.
    assert table["Coverage"].iloc[-1] > 0.5
    # A network of five steps makes no digit.
    assert table["Density"].iloc[:-1].max() < 0.1
    # No worker is waited for.
    assert not jobs.asked


def test_what_is_measured_is_what_is_shown(tab: Tab, store: RunStore, run: Run) -> None:
    tab.open("generate", seed="3", spread="2.0")
    tab.button(key="measure").click().run()
    (table,) = tables(tab)
    codec, data = open_codec(run), load_dataset("mnist")
    made = np.clip(codec.decode(Normal.prior(4, spread=2).sample(2000, seed=3)), 0, 1)
    shown = sample_sets(tab)[1][0][:25]
    assert np.abs(np.round(made[:25] * 255) - shown).max() <= 1
    real = data.test_images[evenly(len(data.test_images), 2000)]
    expected = RealImages.of(random_features(real)).quality(random_features(made))
    assert table.loc[0, ["Density", "Coverage"]].tolist() == [expected.density, expected.coverage]
    assert any(words.startswith("Measured with seed 3, spread of the prior 2.0;") for words in tab.words())


def test_figures_of_other_samples_say_so_until_those_above_are_measured(tab: Tab, store: RunStore, run: Run) -> None:
    tab.open("generate")
    tab.button(key="measure").click().run()
    (before,) = tables(tab)
    assert not tab.warning
    tab.slider(key="spread").set_value(3.0).run()
    assert tables(tab)[0].equals(before)
    words = (
        "These are figures of other samples: seed 0, spread of the prior 1.0. Above: seed 0, spread of the prior 3.0."
    )
    assert tab.warning[0].value == words
    tab.button(key="measure").click().run()
    assert not tab.warning
    # The prior alone has a spread.
    assert tables(tab)[0].iloc[1:].equals(before.iloc[1:])


def test_another_network_is_not_measured_unasked(
    tab: Tab, store: RunStore, run: Run, digit_runs: dict[int, Run]
) -> None:
    other = copied(digit_runs[2], store)
    tab.open("generate", run=run.key)
    tab.button(key="measure").click().run()
    assert len(tables(tab)) == 1
    tab.selectbox(key="chosen_run").set_value(other.key).run()
    assert not tables(tab)
    assert "Measure the samples" in tab.labels()


def test_the_prior_of_a_variational_run_is_the_honest_way_at_a_spread_of_one_only(
    tab: Tab, store: RunStore, run: Run
) -> None:
    other = as_variational(run, store)
    tab.open("generate", run=other.key, beside="nothing")
    ((one),), _ = sample_sets(tab)
    assert "the honest way" in one["grids"][0]["note"]
    tab.slider(key="spread").set_value(1.5).run()
    ((one),), _ = sample_sets(tab)
    assert one["grids"][0]["note"] == "Normal of deviation 1.5. Training pulled its codes towards deviation 1."


def test_things_to_try_are_those_that_hold_for_the_chosen_networks(
    tab: Tab, store: RunStore, digit_runs: dict[int, Run]
) -> None:
    flat, long = (copied(digit_runs[dims], store) for dims in (2, 32))
    tab.open("generate", run=flat.key, beside="nothing")
    assert "Compare **Box**" not in tries(tab)
    assert f"through the codes of **{flat.title}** it should go by other digits" in tries(tab)
    tab.open("generate", run=long.key, beside=flat.key)
    assert f"Compare **Box** with **Mixture** of **{long.title}**." in tries(tab)
    assert "open into a ring" not in tries(tab)
    assert "Train Variational" in links(tab)
    other = as_variational(long, store)
    tab.open("generate", run=long.key, beside=other.key)
    assert f"Compare **Prior** of **{long.title}** and of **{other.title}**." in tries(tab)
    assert "Train Variational" not in links(tab)
