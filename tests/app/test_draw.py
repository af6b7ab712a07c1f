"""The Draw page: what the server makes of a picture, and what is said when there is nothing to draw with."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import streamlit as st
from PIL import Image

from ae_core.codecs.codec import open_codec
from ae_core.codecs.pca import PcaBasis, baseline_path
from ae_core.config.config import Config
from ae_core.config.presets import PRESETS
from ae_core.datasets.catalogue import load_dataset
from ae_core.preprocessing.corruption import Spoil, spoil
from ae_core.preprocessing.drawing import digit_from_canvas
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from ae_core.workers.pca_fits import PcaFit
from ae_core.workers.trainings import Training
from tests.app.fake_jobs import FakeJobs, job, progress_at
from tests.app.tab import Tab
from tests.app.test_start import two_runs
from tests.small import SMALL, copied, twin
from ui.draw.board import FIGURE, _unclear
from ui.selection import codecs
from ui.selection.drawing import CANVAS, CENTRE, KEPT, SPOIL, Drawing

FIRST = Config()


def stroke() -> np.ndarray[Any, Any]:
    """A slanted bar on a canvas of 308 x 308."""
    rgba = np.zeros((308, 308, 4), np.uint8)
    rgba[..., 3] = 255
    rows = np.arange(60, 250)
    for across in range(26):
        rgba[rows, 100 + rows // 3 + across, :3] = 255
    return rgba


def drawn(rgba: np.ndarray[Any, Any] | None = None) -> dict[str, Any]:
    """The state of a canvas with this picture on it."""
    content = io.BytesIO()
    Image.fromarray(stroke() if rgba is None else rgba).save(content, format="PNG")
    return sent(content.getvalue())


def sent(png: bytes) -> dict[str, Any]:
    data = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return {"drawing": {"raw": {"objects": [{"type": "Path"}]}, "data": data}, "backgroundFit": None}


def figure(tab: Tab) -> tuple[dict[str, Any], dict[str, np.ndarray[Any, Any]]]:
    """Header and arrays of the figure, as floats."""
    header, arrays = tab.block(FIGURE)
    return header, {name: array.copy().view("<f4") for name, array in arrays.items()}


@pytest.fixture
def run(store: RunStore, small_run: Run) -> Run:
    return copied(small_run, store)


@pytest.fixture
def pca(store: RunStore) -> PcaBasis:
    """As a worker leaves it for `SMALL`."""
    basis = PcaBasis.fit(load_dataset("mnist").train_pixels[:512])
    path = baseline_path(store, SMALL)
    path.parent.mkdir(parents=True)
    basis.save(path)
    return basis


def draw(tab: Tab, state: dict[str, Any] | None = None) -> Tab:
    tab.session_state[CANVAS] = state or drawn()
    return Tab.run(tab)


def test_an_empty_canvas_is_no_error_and_nothing_is_computed(tab: Tab, run: Run) -> None:
    tab.open("draw")
    header, _ = figure(tab)
    assert (header["canvas"], header["checked"]) == (CANVAS, False)
    assert [codec["name"] for codec in header["codecs"]] == ["Dense 16, 4 dimensions, 5 steps, 512 images"]
    assert tab.query_params == {"codecs": run.key}
    assert [*tab.error, *tab.warning] == []
    assert {"Keep as A", "Keep as B"}.isdisjoint(tab.labels())


def test_a_drawing_is_reconstructed_by_the_server_as_the_codec_does_it(tab: Tab, run: Run) -> None:
    draw(tab.open("draw"))
    header, arrays = figure(tab)
    digit, codec = digit_from_canvas(stroke()), open_codec(run)
    code = codec.encode(digit[None])
    assert header["checked"]
    assert np.array_equal(arrays["seen"], digit.ravel())
    assert np.allclose(arrays["code0"], code[0])
    assert np.allclose(arrays["image0"], codec.decode(code).ravel())


def test_the_nearest_training_images_come_with_the_distance_of_their_codes(tab: Tab, run: Run) -> None:
    draw(tab.open("draw"))
    header, arrays = tab.block("nearest")
    codec, data = open_codec(run), load_dataset("mnist").select(train_size=512)
    code = codec.encode(digit_from_canvas(stroke())[None])[0]
    distances = np.linalg.norm(codec.encode(data.train_images) - code, axis=1)
    nearest = np.argsort(distances)[:8]
    assert data.train_labels is not None
    assert header["labels"] == [str(data.train_labels[index]) for index in nearest]
    assert header["captions"] == [f"{distances[index]:.2f}" for index in nearest]
    held_out = codec.encode(load_dataset("mnist").test_images)
    places = np.linspace(0, len(held_out) - 1, 100).round().astype(int)
    of_train = codec.encode(data.train_images)
    usual = np.median([np.linalg.norm(of_train - held_out[place], axis=1).min() for place in places])
    (said,) = [words for words in tab.words() if "usually" in words]
    assert f"usually {usual:.2f}; the first here is {distances[nearest[0]] / usual:.1f} times as far" in said
    assert np.array_equal(arrays["originals"], data.train_pixels[nearest].ravel())


def test_what_is_set_in_the_figure_holds_for_the_server_too(tab: Tab, run: Run) -> None:
    draw(tab.open("draw"))
    how = Spoil(noise=0.5, rotate=40, patch=7)
    tab.session_state[CENTRE.key], tab.session_state[SPOIL.key] = False, how
    tab.run()
    _, arrays = figure(tab)
    clean = digit_from_canvas(stroke(), centre=False)
    assert np.array_equal(arrays["clean"], clean.ravel())
    assert np.array_equal(arrays["seen"], spoil(clean, how).ravel())


def test_pca_stands_beside_a_network_with_as_many_dimensions(tab: Tab, run: Run, pca: PcaBasis) -> None:
    tab.open("draw", codecs=f"{run.key},pca")
    draw(tab)
    header, arrays = figure(tab)
    assert [codec["name"] for codec in header["codecs"]] == [
        "Dense 16, 4 dimensions, 5 steps, 512 images",
        "PCA, 4 dimensions",
    ]
    digit, codec = digit_from_canvas(stroke()), pca.codec(4)
    assert np.allclose(arrays["image1"], codec.decode(codec.encode(digit[None])).ravel(), atol=1e-6)


def test_while_pca_is_fitted_the_others_can_be_drawn_with(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    tab.open("draw", codecs=f"pca,{run.key}")
    assert tab.info[0].value == "PCA is being fitted to these images, which takes a few seconds."
    assert jobs.asked == [PcaFit(SMALL)]
    assert len(figure(tab)[0]["codecs"]) == 1


def test_codecs_are_chosen_and_remembered_in_the_address(tab: Tab, store: RunStore, small_run: Run) -> None:
    run, other = two_runs(store, small_run)
    tab.open("draw", codecs=other.key)
    assert [codec["name"] for codec in figure(tab)[0]["codecs"]] == ["Dense 16, 4 dimensions, 6 steps, 512 images"]
    tab.multiselect[0].set_value([other.key, run.key]).run()
    assert tab.query_params == {"codecs": f"{other.key},{run.key}"}
    assert len(figure(tab)[0]["codecs"]) == 2
    tab.multiselect[0].set_value([]).run()
    assert not [one for one in tab.get("bidi_component") if one.key == FIGURE]


def test_what_was_chosen_is_chosen_again_after_a_look_at_another_page(
    tab: Tab, store: RunStore, small_run: Run
) -> None:
    run, other = two_runs(store, small_run)
    tab.open("draw", codecs=run.key)
    tab.multiselect[0].set_value([other.key, run.key]).run()
    tab.open("train")
    tab.open("draw")
    assert tab.multiselect[0].value == [other.key, run.key]
    assert tab.query_params == {"codecs": f"{other.key},{run.key}"}
    tab.open("train")
    tab.open("draw", codecs=run.key)
    assert tab.multiselect[0].value == [run.key]


def test_a_chosen_run_that_is_deleted_meanwhile_is_not_chosen_again(tab: Tab, store: RunStore, small_run: Run) -> None:
    run, other = two_runs(store, small_run)
    tab.open("draw", codecs=f"{run.key},{other.key}")
    tab.open("train")
    store.delete(run.key)
    tab.open("draw")
    assert tab.multiselect[0].value == [other.key]


def test_with_nothing_chosen_the_page_says_what_to_do(tab: Tab, run: Run) -> None:
    draw(tab.open("draw"))
    tab.multiselect[0].set_value([]).run()
    assert "Choose a network in the list above, or PCA" in tab.info[0].value
    tab.multiselect[0].set_value([run.key]).run()
    assert not tab.info
    assert figure(tab)[0]["checked"]


def test_things_to_try_link_to_the_training_of_what_is_not_there(tab: Tab, store: RunStore, small_run: Run) -> None:
    run = copied(small_run, store)
    plane = store.create(PRESETS["two-dimensions"])
    for path in run.path.iterdir():
        if path.name not in ("config.json", "status.json"):
            (plane.path / path.name).write_bytes(path.read_bytes())
    tab.open("draw", codecs=run.key)
    labels = ["Train Quick start", "Train Two dimensions", "Train Denoising"]
    assert [link.label for link in tab.page_link] == labels
    assert "- Train **Denoising** and **Quick start**, then choose" in tab.markdown[-1].value
    plane.write_status(replace(run.status, steps=2000, step=2000))
    tab.run()
    assert [link.label for link in tab.page_link] == [labels[0], labels[2]]
    assert "- Train **Quick start**, then choose **Quick start** and **Two dim" in tab.markdown[-1].value


@pytest.mark.parametrize("key", ["0123456789ab", "../../etc", "x" * 500])
def test_a_run_that_is_not_here_is_said_and_another_one_shown(tab: Tab, run: Run, key: str) -> None:
    tab.open("draw", codecs=key)
    (warning,) = tab.warning
    assert warning.value.startswith(f"The address must name a run of this server. Received: {key[:40]}, which none")
    assert tab.query_params == {"codecs": run.key}


def test_a_run_deleted_while_it_is_shown_gives_way(tab: Tab, store: RunStore, small_run: Run) -> None:
    run, other = two_runs(store, small_run)
    tab.open("draw", codecs=f"{run.key},{other.key}")
    store.delete(run.key)
    draw(tab)
    assert [codec["name"] for codec in figure(tab)[0]["codecs"]] == ["Dense 16, 4 dimensions, 6 steps, 512 images"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("network.bin", b"cut off!"),
        ("network.json", b"{}"),
        ("encoder.tflite", b"not what it was"),
        ("errors.npz", b"not what it was"),
    ],
)
def test_a_damaged_run_can_be_deleted_and_the_page_goes_on(
    tab: Tab, store: RunStore, small_run: Run, pca: PcaBasis, name: str, content: bytes
) -> None:
    run, other = two_runs(store, small_run)
    (run.path / name).write_bytes(content)
    tab.open("draw", codecs=f"{run.key},{other.key}")
    assert tab.error[0].value.startswith(f"{run.title} is damaged: ")
    assert len(figure(tab)[0]["codecs"]) == 1
    tab.button(key=f"delete_damaged_{run.key}").click().run()
    assert not tab.error
    assert tab.query_params == {"codecs": other.key}


def test_a_run_of_an_older_version_has_its_percentiles_worked_out(tab: Tab, run: Run) -> None:
    tab.open("draw")
    stored = figure(tab)[1]["percentiles0"]
    (run.path / "errors.npz").unlink()
    st.cache_resource.clear()
    tab.open("draw")
    assert np.allclose(figure(tab)[1]["percentiles0"], stored, rtol=1e-5)
    assert (np.diff(stored) >= 0).all()


@pytest.mark.parametrize("png", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n cut"], ids=["empty", "text", "cut"])
def test_a_canvas_that_sends_something_else_is_told(tab: Tab, run: Run, png: bytes) -> None:
    draw(tab.open("draw"), sent(png))
    if png:
        assert tab.error[0].value.startswith("A drawing must be a PNG")
    assert not figure(tab)[0]["checked"]


def test_a_canvas_filled_to_the_edge_is_a_picture_like_any_other(tab: Tab, run: Run) -> None:
    draw(tab.open("draw"), drawn(np.full((308, 308, 4), 255, np.uint8)))
    header, arrays = figure(tab)
    assert header["checked"]
    assert arrays["seen"].reshape(28, 28)[4:24, 4:24].min() == 1
    assert not tab.error


def test_a_test_digit_takes_the_canvas_s_place(tab: Tab, run: Run) -> None:
    tab.open("draw")
    tab.segmented_control(key="draw_source").set_value("Test digit").run()
    tab.number_input(key="draw_index").set_value(17).run()
    header, arrays = figure(tab)
    assert (header["canvas"], header["checked"]) == (None, True)
    assert [one.label for one in tab.get("download_button")] == ["Save the digit", "Save the reconstruction"]
    assert np.array_equal(arrays["picture"], load_dataset("mnist").test_images[17].ravel())
    assert np.array_equal(arrays["seen"], arrays["picture"])


def test_another_test_digit_is_of_the_chosen_label(tab: Tab, run: Run) -> None:
    tab.open("draw")
    tab.segmented_control(key="draw_source").set_value("Test digit").run()
    tab.selectbox(key="draw_label").set_value("4").run()
    labels = load_dataset("mnist").test_labels
    assert labels is not None
    seen = set()
    for _ in range(4):
        tab.button(key="draw_another").click().run()
        seen.add(tab.number_input(key="draw_index").value)
    assert {int(labels[index]) for index in seen} == {4}
    assert len(seen) > 1


def test_two_kept_pictures_can_be_blended(tab: Tab, run: Run) -> None:
    draw(tab.open("draw"))
    tab.button(key="keep_A").click().run()
    assert "Now keep another picture as B, then slide between their codes." in tab.words()
    assert "A is kept. Make another picture and keep it as B." in tab.words()
    assert len(tab.get("image")) == 1
    tab.segmented_control(key="draw_source").set_value("Test digit").run()
    tab.button(key="keep_B").click().run()
    assert "A and B are kept. [Slide between them](#between-two-pictures)" in tab.words()
    # With the test digit itself.
    assert len(tab.get("image")) == 3
    header, arrays = tab.block("blend")
    assert [codec["name"] for codec in header["codecs"]] == ["Codes of Dense 16, 4 dimensions, 5 steps, 512 images"]
    assert np.array_equal(arrays["a"].copy().view("<f4"), digit_from_canvas(stroke()).ravel())
    assert np.array_equal(arrays["b"].copy().view("<f4"), load_dataset("mnist").test_images[0].ravel())


def test_a_drawing_is_still_there_after_a_look_at_another_page(tab: Tab, run: Run) -> None:
    draw(tab.open("draw"))
    tab.open("train")
    tab.open("draw")
    header, arrays = figure(tab)
    assert header["checked"]
    assert np.array_equal(arrays["seen"], digit_from_canvas(stroke()).ravel())


def test_undo_brings_a_drawing_back_also_when_its_clearing_was_never_told(monkeypatch: pytest.MonkeyPatch) -> None:
    cleared, drawing = (Drawing({"objects": [number]}, b"") for number in (1, 2))
    for state, expected in (({KEPT: drawing}, drawing), ({"_draw_cleared": cleared, KEPT: drawing}, cleared)):
        monkeypatch.setattr(st, "session_state", {**state, CANVAS: {}})
        _unclear()
        assert st.session_state == {KEPT: expected}


def test_a_server_without_runs_trains_the_quick_start_and_draws_with_pca(
    tab: Tab, jobs: FakeJobs, store: RunStore
) -> None:
    tab.open("draw")
    assert jobs.trained == [FIRST]
    assert PcaFit(FIRST) in jobs.asked
    jobs.under_way[Training(FIRST)] = job(FIRST, progress=progress_at(300, FIRST))
    tab.run()
    said = (
        "No network is trained on this server yet. Quick start is being trained now: Step 300 of 1,000, error 0.062. "
    )
    assert tab.info[0].value.startswith(said)


def test_a_training_that_ends_while_the_page_is_drawn_leaves_no_empty_board(
    tab: Tab, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a class one ends at any moment: between two looks at the list of runs, too."""
    chosen_run = codecs.chosen_run

    def ended_meanwhile() -> Run | None:
        twin(run, RunStore(run.path.parent))
        run.path.rename(run.path.with_name("gone"))
        return chosen_run()

    monkeypatch.setattr(codecs, "chosen_run", ended_meanwhile)
    tab.open("draw")
    assert [box.value for box in (*tab.warning, *tab.info)] == []
    assert len(figure(tab)[0]["codecs"]) == 1
