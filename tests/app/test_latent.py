"""The Latent space page: which map is shown, what is said while one is on its way, and where a drawing lies on it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from ae_core.codecs.codec import Part, open_codec, weights_of
from ae_core.config.config import Config
from ae_core.datasets.catalogue import load_dataset
from ae_core.latent.kept_map import map_file
from ae_core.latent.out_of_sample import Placer
from ae_core.latent.projection import Projection, linear_projection, project
from ae_core.latent.tsne_umap import MapProgress
from ae_core.preprocessing.drawing import digit_from_canvas
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from ae_core.workers.maps import Map
from ae_core.workers.placements import Placement
from ae_core.workers.trainings import Training
from tests.app.fake_jobs import FakeJobs, job, progress_at
from tests.app.tab import Tab
from tests.app.test_draw import drawn, stroke
from tests.small import SMALL, copied
from ui.latent.map_state import TITLES
from ui.selection.drawing import CANVAS

FIRST = Config()


@pytest.fixture
def run(store: RunStore, small_run: Run) -> Run:
    return copied(small_run, store)


def the_map(tab: Tab) -> tuple[dict[str, Any], NDArray[np.float32]]:
    """Header of the map, and its points (n, 2)."""
    (component,) = (one for one in tab.get("bidi_component") if str(one.key).startswith("map_"))
    header, arrays = tab.block(component.key)
    return header, arrays["points"].copy().view("<f4").reshape(-1, 2)


def codes_of(run: Run) -> NDArray[np.float32]:
    return open_codec(run).encode(load_dataset("mnist").test_images)


def some_map(method: str, **more: Any) -> Projection:
    points = np.random.default_rng(0).normal(size=(10_000, 2)).astype(np.float32)
    return Projection(method, points, more.pop("trustworthiness", 0.97), None, None, **more)  # type: ignore[arg-type]


def keep_map(run: Run, made: Projection, part: Part = "test") -> Projection:
    """Keep a map with the run, as a worker would."""
    made = replace(made, weights=weights_of(run))
    made.save(run.target(map_file(made.method, part)))
    return made


def choose(tab: Tab, method: str) -> Tab:
    tab.segmented_control(key="map").set_value(TITLES[method]).run()  # type: ignore[index]
    return tab


def test_pca_is_there_at_once_and_measured_in_the_background(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    tab.open("latent")
    header, points = the_map(tab)
    assert np.allclose(points, linear_projection(codes_of(run), "pca").points, atol=1e-5)
    assert not header["forming"]
    assert jobs.asked == [Map.of(run, "pca", "test")]
    assert "Cancel" not in tab.labels()


def test_how_far_a_map_can_be_trusted_is_said(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    keep_map(run, replace(linear_projection(codes_of(run), "pca"), trustworthiness=0.843))
    tab.open("latent")
    caption = the_map(tab)[0]["caption"]
    assert "often, but far from always, near each other in the latent space as well (trustworthiness 0.843;" in caption
    assert jobs.asked == []


def test_another_method_begins_by_itself_and_shows_how_far_it_is(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    choose(tab.open("latent"), "tsne")
    which = Map.of(run, "tsne", "test")
    assert which in jobs.asked
    assert the_map(tab)[0]["note"] == "This is PCA, until t-SNE is there."
    points = np.random.default_rng(1).normal(size=(10_000, 2)).astype(np.float32)
    jobs.under_way[which] = job(which, progress=MapProgress(0.4, "optimising", points))
    tab.run()
    assert "t-SNE: optimising, 40 %" in tab.words()
    header, shown = the_map(tab)
    assert header["forming"]
    assert header["note"] == "t-SNE is still forming."
    assert np.array_equal(shown, points)


def test_the_time_left_is_told_once_the_pace_is_known(
    tab: Tab, jobs: FakeJobs, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    which, now = Map.of(run, "tsne", "test"), 100.0
    monkeypatch.setattr("ui.latent.map_words.time.monotonic", lambda: now)
    for fraction, expected in (
        (0.2, "t-SNE: optimising, 20 %"),
        (0.22, "t-SNE: optimising, 22 %"),
        (0.4, "t-SNE: optimising, 40 %, about 30 s left"),
    ):
        jobs.under_way[which] = job(which, progress=MapProgress(fraction, "optimising", None))
        tab.open("latent", map="t-SNE")
        assert expected in tab.words()
        now += 5.0


def test_while_a_map_is_made_the_one_before_stays_and_says_which_it_is(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    made = keep_map(run, some_map("tsne"))
    choose(tab.open("latent"), "tsne")
    choose(tab, "umap")
    header, points = the_map(tab)
    assert np.array_equal(points, made.points)
    assert header["note"] == "This is t-SNE, until UMAP is there."
    assert header["inverse"] == "neighbours"


def test_a_run_of_two_dimensions_is_shown_as_it_is_whatever_was_chosen_for_another(
    tab: Tab, jobs: FakeJobs, store: RunStore, run: Run, digit_runs: dict[int, Run]
) -> None:
    flat = copied(digit_runs[2], store)
    keep_map(run, some_map("umap"))
    choose(tab.open("latent", run=run.key), "umap")
    tab.selectbox(key="chosen_run").set_value(flat.key).run()
    assert tab.segmented_control(key="map").value == "Its own dimensions"
    assert not [job for job in jobs.active(Map) if job.work.key == flat.key]
    choose(tab, "umap")
    assert jobs.asked[-1] == Map.of(flat, "umap", "test")


def test_the_chosen_run_is_kept_while_one_goes_to_another_page_and_back(
    tab: Tab, store: RunStore, run: Run, digit_runs: dict[int, Run]
) -> None:
    flat = copied(digit_runs[2], store)
    first = tab.open("latent").selectbox(key="chosen_run").value
    (other,) = {run.key, flat.key} - {first}
    tab.selectbox(key="chosen_run").set_value(other).run()
    for page in ("start", "latent", "start"):
        tab.open(page)
        assert tab.selectbox(key="chosen_run").value == other
        assert tab.query_params["run"] == other
    # Another address counts more, and is remembered as well.
    tab.open("latent", run=first)
    assert tab.selectbox(key="chosen_run").value == first
    assert tab.open("start").selectbox(key="chosen_run").value == first
    store.delete(first)
    assert "somebody deleted it. Showing another one." in tab.open("latent").warning[0].value
    assert not tab.open("start").open("latent").warning


def test_a_map_that_is_made_already_is_shown_without_being_polled(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    made = keep_map(run, some_map("umap"))
    tab.open("latent", map="UMAP")
    header, points = the_map(tab)
    assert np.array_equal(points, made.points)
    assert header["inverse"] == "neighbours"
    assert jobs.asked == []


def test_a_map_on_its_way_can_be_cancelled_and_begun_again(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    choose(tab.open("latent"), "tsne")
    which = Map.of(run, "tsne", "test")
    tab.button(key="cancel_map").click().run()
    assert tab.button(key="cancel_map").disabled
    del jobs.under_way[which]
    tab.run()
    assert jobs.called == [(which, "stop")]
    assert tab.info[0].value == "t-SNE was cancelled. The map below is PCA."
    assert jobs.asked.count(which) == 1
    tab.button(key="again_map").click().run()
    assert jobs.asked.count(which) == 2
    assert not tab.info


def test_a_map_that_failed_says_why_and_can_be_begun_again(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    which = Map.of(run, "umap", "test")
    jobs.failures[which] = "The workers were lost."
    tab.open("latent", map="UMAP")
    assert tab.info[0].value == "The workers were lost. The map below is PCA."
    tab.button(key="again_map").click().run()
    assert jobs.asked == [which]


def test_all_images_are_test_images_first_and_then_those_of_training(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    tab.open("latent", images="All images")
    _, points = the_map(tab)
    assert len(points) == 10_000 + 512
    assert jobs.asked == [Map.of(run, "pca", "all")]


@pytest.mark.parametrize("address", [{"map": "nonsense"}, {"images": "x" * 200}, {"map": "Its own dimensions"}])
def test_an_address_with_nonsense_in_it_shows_the_usual_map(tab: Tab, run: Run, address: dict[str, str]) -> None:
    tab.open("latent", **address)
    assert len(the_map(tab)[1]) == 10_000


def test_a_drawing_is_a_star_on_the_map(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    tab.open("draw")
    tab.session_state[CANVAS] = drawn()
    tab.run()
    tab.open("latent")
    ((star),) = the_map(tab)[0]["stars"]
    code = open_codec(run).encode(digit_from_canvas(stroke())[None])
    plane = linear_projection(codes_of(run), "pca")
    assert plane.mean is not None
    assert plane.components is not None
    expected = (code[0] - plane.mean) @ plane.components.T
    assert np.allclose([star["x"], star["y"]], expected, atol=1e-4)
    assert star["name"] == "your drawing"


def test_a_star_waits_until_its_place_is_known(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    keep_map(run, some_map("tsne"))
    tab.open("draw")
    tab.session_state[CANVAS] = drawn()
    tab.run()
    tab.open("latent", map="t-SNE")
    assert the_map(tab)[0]["stars"] == []
    assert the_map(tab)[0]["note"] == "Your drawing is being placed."
    jobs.answers[Placement] = np.array([[3.0, -4.0]], np.float32)
    tab.run()
    (star,) = the_map(tab)[0]["stars"]
    assert (star["x"], star["y"]) == (3.0, -4.0)


def test_there_is_no_star_among_points_that_are_still_on_their_way(tab: Tab, jobs: FakeJobs, run: Run) -> None:
    points = np.random.default_rng(1).normal(size=(10_000, 2)).astype(np.float32)
    which = Map.of(run, "tsne", "test")
    jobs.under_way[which] = job(which, progress=MapProgress(0.86, "optimising", points))
    jobs.answers[Placement] = np.array([[3.0, -4.0]], np.float32)
    tab.open("draw")
    tab.session_state[CANVAS] = drawn()
    tab.run()
    tab.open("latent", map="t-SNE")
    header, _ = the_map(tab)
    assert header["stars"] == []
    assert header["note"] == "t-SNE is still forming. Your drawing is placed at the end."
    del jobs.under_way[which]
    keep_map(run, some_map("tsne"))
    tab.run()
    assert len(the_map(tab)[0]["stars"]) == 1


def test_the_dimensions_and_the_training_come_below_the_map(tab: Tab, run: Run) -> None:
    tab.open("latent")
    keys = [str(one.key) for one in tab.get("bidi_component")]
    assert any(key.startswith("traverse_") for key in keys)
    assert f"replay_{run.key}" in keys


def test_a_run_of_an_older_version_has_no_replay_and_says_so(tab: Tab, run: Run) -> None:
    (run.path / "frames.npz").unlink()
    tab.open("latent")
    assert any("trained by an earlier version" in words for words in tab.words())


@pytest.mark.parametrize("name", ["network.bin", "encoder.tflite", "frames.npz"])
def test_a_damaged_run_can_be_deleted_and_the_page_goes_on(tab: Tab, run: Run, name: str) -> None:
    (run.path / name).write_bytes(b"cut off!")
    tab.open("latent")
    assert tab.error[0].value.startswith(f"Run {run.key} is damaged: ")
    tab.button(key=f"delete_damaged_{run.key}").click().run()
    assert not tab.error


def test_a_server_without_runs_trains_the_quick_start(tab: Tab, jobs: FakeJobs) -> None:
    tab.open("latent")
    assert jobs.trained == [FIRST]
    jobs.under_way[Training(FIRST)] = job(FIRST, progress=progress_at(300, FIRST))
    tab.run()
    assert tab.info[0].value.startswith("No network is trained on this server yet. Quick start is being trained now")


def test_a_run_of_other_classes_has_a_map_of_its_own_images(tab: Tab, run: Run) -> None:
    assert SMALL.classes == ()
    tab.open("latent", run="0123456789ab")
    assert tab.warning[0].value.endswith("Showing another one.")
    assert len(the_map(tab)[1]) == 10_000


def test_drawn_digits_lie_among_digits_of_their_kind(
    tab: Tab, jobs: FakeJobs, store: RunStore, digit_runs: dict[int, Run]
) -> None:
    run = copied(digit_runs[32], store)
    data = load_dataset(run.config.dataset, folder=store.root / "datasets")
    assert data.test_labels is not None
    codes = open_codec(run).encode(data.test_images)
    made = project(codes, "tsne")
    keep_map(run, made)
    placer = Placer(codes, made)
    jobs.answers[Placement] = lambda work: placer.place(np.frombuffer(work.codes, "<f4").reshape(1, -1))
    others, among_their_kind = load_dataset("mnist"), 0
    assert others.test_labels is not None
    for label in range(10):
        # Digits that neither the network nor the map has seen.
        index = int(np.flatnonzero(others.test_labels[5000:] == label)[0]) + 5000
        tab.open("draw", codecs=run.key)
        tab.session_state[CANVAS] = drawn(painted(others.test_pixels[index]))
        tab.run()
        tab.open("latent", run=run.key, map="t-SNE")
        (star,) = the_map(tab)[0]["stars"]
        away = np.linalg.norm(made.points - [star["x"], star["y"]], axis=1)
        kinds = data.test_labels[np.argsort(away)[:10]]
        among_their_kind += int((kinds == label).sum() > 5)
    # By chance none. How many of the ten it is differs from processor to processor, with the network's last bits.
    assert among_their_kind >= 6


def painted(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A digit drawn large on a canvas of 308 x 308, not in its middle."""
    grey = np.zeros((308, 308), np.uint8)
    grey[20:244, 60:284] = np.asarray(Image.fromarray(pixels).resize((224, 224), Image.Resampling.BICUBIC))
    return np.dstack([grey, grey, grey, np.full_like(grey, 255)])
