"""The Runs page: codecs side by side, and their figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from ae_core.codecs.codec import Codec, open_codec
from ae_core.codecs.pca import PcaBasis, baseline_path
from ae_core.datasets.catalogue import load_dataset
from ae_core.datasets.dataset import Dataset
from ae_core.datasets.images import preview_indices, to_pixels
from ae_core.evaluation.metrics import cross_entropies, interval, squared_errors, ssims
from ae_core.preprocessing.corruption import Spoil, spoil
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from tests.app.fake_jobs import FakeJobs
from tests.app.tab import Tab
from tests.app.test_run_list import like, on_own_images, tick
from tests.app.test_start import two_runs
from tests.small import SMALL, copied
from ui.runs.comparison import COMPARED

OTHER_TITLE = "Dense 16, 4 dimensions, 6 steps, 512 images"
TITLE = "Dense 16, 4 dimensions, 5 steps, 512 images"
PCA_TITLE = "PCA, 4 dimensions"


@pytest.fixture
def pca(store: RunStore, basis: PcaBasis) -> PcaBasis:
    """As a worker leaves it for `SMALL`."""
    basis.save(baseline_path(store, SMALL))
    return basis


def shown_digits(data: Dataset) -> NDArray[np.float32]:
    return data.test_images[preview_indices(data.test_labels, data.test.count)]


def strips(tab: Tab, key: str = "compare_digits") -> dict[str, tuple[list[str], NDArray[np.uint8]]]:
    """Captions and images (16, 28, 28) of each row, by its name."""
    header, arrays = tab.block(key)
    return {
        strip["name"]: (strip["captions"], arrays[str(row)].reshape(-1, 28, 28))
        for row, strip in enumerate(header["strips"])
    }


def tables(tab: Tab) -> list[pd.DataFrame]:
    """The settings, if there are any, and the figures: all but the list of runs."""
    return [one.value for one in tab.dataframe[1:]]


def has_digits(tab: Tab) -> bool:
    return any(one.key == "compare_digits" for one in tab.get("bidi_component"))


def charted(tab: Tab, column: str) -> pd.DataFrame:
    """The rows of the chart that has this column beside `series`."""
    found = [pa.ipc.open_stream(one.proto.data.data).read_pandas() for one in tab.get("vega_lite_chart")]
    (rows,) = (rows for rows in found if column in rows and "series" in rows)
    return rows


def compare(tab: Tab, *names: str) -> Tab:
    return tab.open("runs", compare=",".join(names))


def test_a_run_stands_beside_pca_at_first(tab: Tab, store: RunStore, small_run: Run, pca: PcaBasis) -> None:
    run = copied(small_run, store)
    tab.open("runs")
    assert list(strips(tab)) == ["Original", TITLE, PCA_TITLE]
    assert tab.query_params == {"compare": f"{run.key},pca-4"}
    assert "One network beside PCA, which has no settings but its number of dimensions." in tab.words()


def test_every_codec_rebuilds_the_same_digits_with_the_error_under_each(
    tab: Tab, store: RunStore, small_run: Run, pca: PcaBasis
) -> None:
    run, other = two_runs(store, small_run)
    compare(tab, run.key, other.key, "pca")
    rows, data = strips(tab), load_dataset("mnist")
    clean = shown_digits(data)
    assert np.array_equal(rows["Original"][1], to_pixels(clean))
    assert rows["Original"][0] == [*"0123456789", *"012345"]
    codecs: dict[str, Codec] = {TITLE: open_codec(run), OTHER_TITLE: open_codec(other), PCA_TITLE: pca.codec(4)}
    for name, codec in codecs.items():
        captions, images = rows[name]
        made = codec.decode(codec.encode(clean))
        assert captions == [f"{error:.4f}" for error in squared_errors(clean, made)]
        assert np.array_equal(images, to_pixels(made))


@pytest.mark.parametrize(
    ("way", "field", "amount"), [("Noise", "noise", 0.4), ("Patch", "patch", 14), ("Rotation", "rotate", -45.0)]
)
def test_spoiled_digits_are_rebuilt_and_held_against_the_clean_ones(
    tab: Tab, store: RunStore, small_run: Run, pca: PcaBasis, way: str, field: str, amount: float
) -> None:
    run = copied(small_run, store)
    tab.open("runs")
    tab.segmented_control(key="compare_way").set_value(way).run()
    tab.slider(key=f"compare_{field}").set_value(amount).run()
    clean = shown_digits(load_dataset("mnist"))
    seen = np.stack([spoil(image, Spoil.from_json({field: amount})) for image in clean])
    rows = strips(tab, "compare_spoiled")
    assert np.array_equal(rows["What they see"][1], to_pixels(seen))
    codec = open_codec(run)
    errors = squared_errors(clean, codec.decode(codec.encode(seen)))
    assert rows[TITLE][0] == [f"{error:.4f}" for error in errors]


def test_the_figures_are_means_over_all_test_images_with_their_intervals(
    tab: Tab, store: RunStore, small_run: Run, pca: PcaBasis
) -> None:
    run = copied(small_run, store)
    tab.open("runs")
    (table,), images = tables(tab), load_dataset("mnist").test_images
    for name, codec in {TITLE: open_codec(run), PCA_TITLE: pca.codec(4)}.items():
        made = codec.decode(codec.encode(images))
        errors = squared_errors(images, made)
        expected = {
            "MSE": (errors, 5),
            "PSNR (dB)": (-10 * np.log10(errors), 2),
            "SSIM": (ssims(images, made), 4),
            "Cross-entropy": (cross_entropies(images, made), 4),
        }
        for measure, (values, digits) in expected.items():
            found = interval(values)
            assert table.loc[name, measure] == f"{found.mean:.{digits}f} ± {found.half:.{digits}f}"
    assert table.loc[TITLE, "Parameters"] == f"{run.status.params:,}"
    assert table.loc[PCA_TITLE, "Parameters"] == f"{784 * 5:,}"
    assert list(table["Images"]) == ["10,000", "10,000"]
    assert any("95 % interval" in words for words in tab.words())


def test_the_error_by_class_is_a_bar_a_class_for_each_codec(
    tab: Tab, store: RunStore, small_run: Run, pca: PcaBasis
) -> None:
    run = copied(small_run, store)
    tab.open("runs")
    rows, data, codec = charted(tab, "class"), load_dataset("mnist"), open_codec(run)
    assert len(rows) == 20
    errors = squared_errors(data.test_images, codec.decode(codec.encode(data.test_images)))
    ours = rows[rows.series == TITLE].set_index("class")
    for label in range(10):
        found = interval(errors[data.test_labels == label])
        assert tuple(ours.loc[str(label), ["value", "low", "high"]]) == pytest.approx(
            (found.mean, found.low, found.high)
        )


def test_the_curves_of_all_are_on_one_chart_with_pca_as_a_level_line(
    tab: Tab, store: RunStore, small_run: Run, pca: PcaBasis
) -> None:
    run, other = two_runs(store, small_run)
    compare(tab, run.key, other.key, "pca")
    rows = charted(tab, "step")
    for name in (TITLE, OTHER_TITLE):
        assert list(rows[rows.series == name].value) == run.history().held_out_mse
    level = rows[rows.series == PCA_TITLE]
    assert list(level.step) == [0, 5]
    assert list(level.value) == [pytest.approx(pca.held_out_mse(load_dataset("mnist").test_pixels)[4])] * 2


def test_only_the_settings_that_differ_stand_side_by_side(
    tab: Tab, store: RunStore, small_run: Run, pca: PcaBasis
) -> None:
    run, other = two_runs(store, small_run)
    compare(tab, run.key, "pca", other.key)
    table, _ = tables(tab)
    assert list(table.columns) == [TITLE, PCA_TITLE, OTHER_TITLE]
    assert {name: list(row) for name, row in table.iterrows()} == {"Steps": ["5", "–", "6"]}


def test_ticked_runs_are_compared_with_one_press(tab: Tab, store: RunStore, small_run: Run, pca: PcaBasis) -> None:
    run, other = two_runs(store, small_run)
    tick(compare(tab, run.key, "pca"), run.key, other.key)
    tab.button(key="compare_ticked").click().run()
    assert set(strips(tab)) == {"Original", TITLE, OTHER_TITLE}
    tick(tab, other.key)
    tab.button(key="compare_ticked").click().run()
    assert list(strips(tab)) == ["Original", OTHER_TITLE, PCA_TITLE]
    assert tab.query_params == {"compare": f"{other.key},pca-4"}


def test_a_single_codec_is_no_comparison_and_the_page_says_what_to_do(
    tab: Tab, store: RunStore, small_run: Run
) -> None:
    run = copied(small_run, store)
    compare(tab, run.key)
    assert "Choose two to four to see them side by side. PCA can be one of them." in tab.words()
    assert tables(tab) == []


def test_there_is_a_pca_for_each_number_of_dimensions_and_it_says_of_which_images(
    tab: Tab, store: RunStore, small_run: Run, pca: PcaBasis
) -> None:
    run = copied(small_run, store)
    wide = like(run, replace(SMALL, latent_dim=9), store)
    compare(tab, run.key, wide.key, "pca")
    assert tab.query_params == {"compare": f"{run.key},{wide.key},pca-4"}
    choice = tab.multiselect(key="compare_choice")
    titles = [f"PCA, {dims} dimensions, MNIST, 512 images" for dims in (4, 9)]
    assert choice.options[-2:] == titles
    choice.set_value([run.key, "pca-4", "pca-9"]).run()
    assert list(strips(tab)) == ["Original", TITLE, PCA_TITLE, "PCA, 9 dimensions"]
    errors = pca.held_out_mse(load_dataset("mnist").test_pixels)
    rows = charted(tab, "step")
    for dims in (4, 9):
        assert list(rows[rows.series == f"PCA, {dims} dimensions"].value) == [pytest.approx(errors[dims])] * 2


@pytest.mark.parametrize("name", ["pca-0", "pca-257", "pca-x", "nonsense"])
def test_an_address_of_nothing_to_compare_is_said_until_something_is_chosen(
    tab: Tab, store: RunStore, small_run: Run, pca: PcaBasis, name: str
) -> None:
    run = copied(small_run, store)
    compare(tab, name)
    words = f"The address must name a run of this server. Received: {name}, which none here is called;"
    assert tab.warning[0].value.startswith(words)
    tab.run()
    assert tab.warning[0].value.startswith(words)
    tab.multiselect(key="compare_choice").set_value([run.key]).run()
    assert not tab.warning


def test_a_run_that_the_address_names_is_compared_with_pca_or_said_not_to_be_here(
    tab: Tab, store: RunStore, small_run: Run, pca: PcaBasis
) -> None:
    _, other = two_runs(store, small_run)
    tab.open("runs", run=other.key)
    assert tab.query_params == {"compare": f"{other.key},pca-4"}
    tab.open("draw").open("runs", run="nonsense")
    assert "Received: nonsense" in tab.warning[0].value
    assert tab.query_params == {"compare": f"{other.key},pca-4"}


def test_while_pca_is_fitted_the_page_says_so(tab: Tab, jobs: FakeJobs, store: RunStore, small_run: Run) -> None:
    run, other = two_runs(store, small_run)
    compare(tab, run.key, other.key, "pca")
    assert "PCA is being fitted to these images, which takes a few seconds." in tab.words()
    assert list(strips(tab)) == ["Original", TITLE, OTHER_TITLE]


def test_a_compared_run_that_somebody_deletes_is_said_and_the_others_stay(
    tab: Tab, store: RunStore, small_run: Run, pca: PcaBasis
) -> None:
    run, other = two_runs(store, small_run)
    compare(tab, run.key, other.key, "pca")
    store.delete(run.key)
    tab.run()
    assert tab.warning[0].value == f"{TITLE} is no longer here: somebody deleted it."
    assert list(strips(tab)) == ["Original", OTHER_TITLE, PCA_TITLE]


@pytest.mark.parametrize("name", ["network.bin", "encoder.tflite", "history.json"])
def test_a_damaged_run_can_be_deleted_and_the_page_goes_on(
    tab: Tab, store: RunStore, small_run: Run, pca: PcaBasis, name: str
) -> None:
    run, other = two_runs(store, small_run)
    (run.path / name).write_bytes(b"cut off!")
    compare(tab, run.key, other.key, "pca")
    assert tab.error[0].value.startswith(f"{TITLE} is damaged: ")
    assert {OTHER_TITLE, PCA_TITLE} < set(strips(tab))
    tab.button(key=f"delete_damaged_{run.key}").click().run()
    assert not tab.error


def test_runs_of_different_images_are_compared_each_on_its_own(tab: Tab, store: RunStore, small_run: Run) -> None:
    run, own = copied(small_run, store), on_own_images(small_run, store)
    compare(tab, run.key, own.key)
    assert tab.info[0].value.startswith("These learned from different images, so that they cannot be shown the same")
    assert not has_digits(tab)
    settings, figures = tables(tab)
    assert list(settings.loc["Dataset"]) == ["MNIST", "A few digits"]
    assert list(figures["Images"]) == ["10,000", "800"]


def test_images_without_labels_have_numbers_and_no_chart_by_class(
    tab: Tab, store: RunStore, small_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = on_own_images(small_run, store)
    twin = like(run, replace(run.config, seed=7), store)
    data = load_dataset(run.config.dataset, folder=store.root / "datasets")
    for part in (data.train, data.test):
        monkeypatch.setattr(part, "labels", None)
    compare(tab, run.key, twin.key)
    assert strips(tab)["Original"][0][:3] == ["no. 0", "no. 1", "no. 2"]
    assert not any("class" in rows for rows in map(_columns, tab.get("vega_lite_chart")))


def _columns(chart: Any) -> list[str]:
    return list(pa.ipc.open_stream(chart.proto.data.data).read_pandas().columns)


def test_a_new_name_reaches_the_list_that_shows_the_old_one(
    tab: Tab, store: RunStore, small_run: Run, pca: PcaBasis
) -> None:
    run = copied(small_run, store)
    tab.open("runs", compare=f"{run.key},pca").run()
    assert not tab.multiselect(key=COMPARED.key).proto.set_value
    run.rename("My own")
    tab.run()
    listed = tab.multiselect(key=COMPARED.key)
    assert listed.proto.set_value
    assert listed.value[0] == run.key
    tab.run()
    assert not tab.multiselect(key=COMPARED.key).proto.set_value
