"""Maps of codes: linear ones, t-SNE and UMAP on a few hundred points in three groups, and new codes on them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from ae_core.errors import CancelledError, DataError
from ae_core.latent import tsne_umap
from ae_core.latent.out_of_sample import Placer
from ae_core.latent.projection import METHODS, Projection, linear_projection, methods_for, project, trustworthiness
from ae_core.latent.tsne_umap import MapProgress

ROOT = Path(__file__).parents[3]
NEIGHBOURLY = ("tsne", "umap")
GROUPS = np.repeat([0, 1, 2], 100)


def three_groups(dims: int = 5) -> np.ndarray:
    rng = np.random.default_rng(0)
    return (rng.normal(size=(300, dims)) + 6 * np.eye(3, dims)[GROUPS]).astype(np.float32)


CODES = three_groups()


class Watcher:
    """Notes what is reported; wants it to stop once `enough` says so."""

    def __init__(self, enough=lambda _seen: False):
        self.seen: list[MapProgress] = []
        self._enough = enough

    def should_stop(self):
        return self._enough(self.seen)


@pytest.fixture(scope="module")
def watched() -> dict[str, tuple[Projection, list[MapProgress]]]:
    """A map by t-SNE and one by UMAP, with every report of each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tsne_umap, "REPORT_SECONDS", 0.0)
        patch.setattr(tsne_umap, "QUERY_ROWS", 30)
        made = {}
        for method in NEIGHBOURLY:
            watcher = Watcher()
            made[method] = (project(CODES, method, report=watcher.seen.append), watcher.seen)
    return made


@pytest.fixture
def made(watched) -> dict[str, Projection]:
    return {method: projection for method, (projection, _) in watched.items()}


def test_pca_has_the_directions_of_most_variance_each_with_its_largest_entry_positive():
    pca = linear_projection(CODES, "pca")
    directions = np.linalg.svd(CODES - CODES.mean(axis=0))[2][:2]
    assert np.abs(pca.components @ directions.T) == pytest.approx(np.eye(2), abs=1e-4)
    assert (pca.components.max(axis=1) == np.abs(pca.components).max(axis=1)).all()


def test_pca_has_no_direction_where_there_is_no_variance():
    on_a_line = CODES[:, :1] * np.ones((1, 5), np.float32)
    pca = linear_projection(on_a_line, "pca")
    assert pca.components == pytest.approx(np.outer([1, 0], np.full(5, 5**-0.5)), abs=1e-6)
    assert not pca.points[:, 1].any()


def test_from_a_point_of_a_linear_map_there_is_a_way_to_a_code_and_back():
    for codes, method in ((CODES, "pca"), (CODES[:, :2], "direct"), (CODES[:, :2], "pca"), (CODES[:, :1], "pca")):
        linear = linear_projection(codes, method)
        assert linear.of_codes(linear.to_codes(linear.points)) == pytest.approx(linear.points, abs=1e-5)
        if codes.shape[1] <= 2:
            assert linear.to_codes(linear.points) == pytest.approx(codes, abs=1e-5)


def test_two_numbers_are_a_map_themselves_and_as_trustworthy_as_can_be():
    direct = project(CODES[:, :2], "direct")
    assert np.array_equal(direct.points, CODES[:, :2])
    assert direct.trustworthiness == 1.0


def test_a_single_number_becomes_a_strip_that_is_wide_where_there_are_many():
    numbers = np.concatenate([np.random.default_rng(1).normal(size=950), np.linspace(6, 10, 50)])
    strip = linear_projection(numbers[:, None], "direct")
    assert np.array_equal(strip.points[:, 0], numbers.astype(np.float32))
    many, few = (np.abs(strip.points[part, 1]).max() for part in (slice(950), slice(950, None)))
    assert few < 0.25 * many < 0.25 * np.ptp(numbers)
    assert np.abs(strip.points[:, 1].mean()) < 0.05 * many
    assert np.array_equal(strip.points, linear_projection(numbers[:, None], "direct").points)
    assert strip.to_codes(strip.points) == pytest.approx(numbers[:, None], abs=1e-5)


def test_direct_is_offered_for_one_and_two_dimensions_only():
    assert [methods_for(dims) for dims in (1, 2, 3)] == [METHODS, METHODS, METHODS[1:]]
    with pytest.raises(DataError, match=r"one or two numbers.* Received: 3\. Choose pca"):
        project(CODES[:, :3], "direct")


@pytest.mark.parametrize("method", NEIGHBOURLY)
def test_groups_stay_together(made, method):
    points = made[method].points
    assert (points.shape, points.dtype) == ((300, 2), np.float32)
    centres = np.stack([points[group == GROUPS].mean(axis=0) for group in range(3)])
    nearest = np.linalg.norm(points[:, None] - centres, axis=2).argmin(axis=1)
    assert (nearest == GROUPS).mean() > 0.98
    assert 0.85 < made[method].trustworthiness <= 1


@pytest.mark.parametrize("method", NEIGHBOURLY)
def test_the_same_seed_gives_the_same_map_bit_for_bit(made, method):
    assert np.array_equal(project(CODES, method).points, made[method].points)


def test_another_seed_gives_another_map(made):
    assert not np.array_equal(project(CODES, "tsne", seed=1).points, made["tsne"].points)


def test_tsne_is_as_trustworthy_as_the_library_with_its_own_settings(made):
    from openTSNE import TSNE

    theirs = np.asarray(TSNE(random_state=0).fit(CODES))
    assert made["tsne"].trustworthiness > trustworthiness(CODES, theirs) - 0.02


@pytest.mark.parametrize(
    ("method", "phases"),
    [
        ("tsne", ["finding neighbours", "early exaggeration", "optimising", "measuring"]),
        ("umap", ["finding neighbours", "laying out", "optimising", "measuring"]),
    ],
)
def test_progress_is_told_and_rises(watched, method, phases):
    seen = watched[method][1]
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1] > 0.95, len(set(fractions)) > 10) == (0.0, True, True)
    assert list(dict.fromkeys(progress.phase for progress in seen)) == phases


def test_a_tsne_map_can_be_watched_as_it_forms(watched):
    projection, seen = watched["tsne"]
    moving = [progress.points for progress in seen if progress.phase in ("early exaggeration", "optimising")]
    assert {points.shape for points in moving} == {(300, 2)}
    far = [np.linalg.norm(points - projection.points, axis=1).mean() for points in moving]
    assert far[-1] < 0.1 * far[0]


@pytest.mark.parametrize("method", ["tsne", "umap"])
def test_a_map_stays_in_sight_while_it_is_measured(watched, method):
    projection, seen = watched[method]
    assert seen[-1].phase == "measuring"
    assert np.array_equal(seen[-1].points, projection.points)


def test_of_a_straight_map_which_is_shown_already_nothing_is_told_but_that_it_is_measured():
    seen = []
    project(CODES, "pca", report=seen.append)
    assert [(progress.phase, progress.points) for progress in seen] == [("measuring", None)]


@pytest.mark.parametrize(
    ("method", "phase"),
    [
        ("tsne", "finding neighbours"),
        ("tsne", "early exaggeration"),
        ("tsne", "optimising"),
        ("umap", "laying out"),
        ("umap", "optimising"),
    ],
)
def test_what_is_cancelled_ends_at_the_next_look(monkeypatch, method, phase):
    monkeypatch.setattr(tsne_umap, "REPORT_SECONDS", 0.0)
    watcher = Watcher(lambda seen: bool(seen) and seen[-1].phase == phase)
    with pytest.raises(CancelledError):
        project(CODES, method, report=watcher.seen.append, should_stop=watcher.should_stop)
    assert [progress.phase for progress in watcher.seen].count(phase) == 1


@pytest.mark.parametrize("method", METHODS[1:])
def test_what_is_cancelled_from_the_start_reports_nothing(method):
    watcher = Watcher(lambda _seen: True)
    with pytest.raises(CancelledError):
        project(CODES, method, report=watcher.seen.append, should_stop=watcher.should_stop)
    assert watcher.seen == []


def test_a_cancelled_umap_leaves_threads_and_progress_bars_as_they_were(monkeypatch):
    import numba
    from tqdm.auto import tqdm

    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    monkeypatch.setattr(tsne_umap, "REPORT_SECONDS", 0.0)
    watcher = Watcher(lambda seen: bool(seen) and seen[-1].phase == "optimising")
    with pytest.raises(CancelledError):
        project(CODES, "umap", report=watcher.seen.append, should_stop=watcher.should_stop)

    class Nowhere:
        def write(self, _text):
            pass

    other = Thread(target=lambda: list(tqdm(range(3), file=Nowhere())), daemon=True)
    other.start()
    other.join(timeout=20)
    assert not other.is_alive()
    assert numba.get_num_threads() == numba.config.NUMBA_NUM_THREADS


@pytest.mark.parametrize("method", METHODS[1:])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_with_fewer_than_four_codes_it_is_pca(method, count):
    projection = project(CODES[:count], method)
    assert (projection.method, projection.points.shape, projection.trustworthiness) == ("pca", (count, 2), None)
    assert np.isfinite(projection.points).all()


UNUSUAL = {
    "four codes": CODES[:4],
    "fourteen codes": CODES[:14],
    "fifteen codes": CODES[:15],
    "one dimension": CODES[:, :1],
    "constant dimensions": np.hstack([CODES[:, :2], np.ones((300, 3), np.float32)]),
    "on a line": CODES[:, :1] * np.ones((1, 5), np.float32),
    "two different codes": np.repeat(CODES[[0, 299]], 150, axis=0),
    "squares beyond float32": CODES * np.float32(1e25),
}


@pytest.mark.parametrize("method", METHODS[1:])
@pytest.mark.parametrize("codes", UNUSUAL.values(), ids=UNUSUAL.keys())
def test_unusual_codes_have_a_map_and_a_place_on_it(method, codes):
    projection = project(codes, method)
    assert projection.method == method
    assert projection.points.shape == (len(codes), 2)
    assert np.isfinite(projection.points).all()
    assert np.ptp(projection.points, axis=0).any()
    assert np.isfinite(Placer(codes, projection).place(codes[:1])).all()


@pytest.mark.parametrize("method", METHODS[1:])
def test_codes_that_are_all_alike_lie_at_the_origin_and_no_library_is_asked(monkeypatch, method):
    for library in ("openTSNE", "umap"):
        monkeypatch.setitem(sys.modules, library, None)
    codes = np.full((300, 5), 3.0, np.float32)
    codes[0] += 1e-6
    projection = project(codes, method)
    assert (projection.method, projection.points.any(), projection.trustworthiness) == (method, False, None)
    assert not Placer(codes, projection).place(codes[:2]).any()


def test_a_direct_map_shows_where_codes_that_are_all_alike_lie():
    assert (linear_projection(np.full((9, 2), 3.0), "direct").points == 3).all()
    assert (linear_projection(np.full((9, 1), 3.0), "direct").points == [3, 0]).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_codes_that_are_not_finite_are_refused(value):
    codes = CODES.astype(np.float64)
    codes[7, 1] = value
    with pytest.raises(DataError, match="finite numbers"):
        project(codes, "tsne")
    with pytest.raises(DataError, match="finite numbers"):
        Placer(CODES, linear_projection(CODES, "pca")).place(codes[7:8])


@pytest.mark.parametrize("shape", [(0, 5), (300,), (3, 0)])
def test_what_is_no_set_of_codes_is_refused(shape):
    with pytest.raises(DataError, match=r"Codes must have the shape \(n, latent_dim\)"):
        project(np.zeros(shape), "pca")


def test_trustworthiness_is_high_for_the_codes_themselves_and_middling_for_a_random_map():
    flat = CODES[:, :2]
    assert trustworthiness(flat, flat) == 1.0
    assert 0.4 < trustworthiness(flat, np.random.default_rng(0).normal(size=flat.shape)) < 0.6


def test_trustworthiness_of_many_codes_is_that_of_some_and_near_that_of_all():
    points = linear_projection(CODES, "pca").points
    whole, some, again, others = (
        trustworthiness(CODES, points, **settings)
        for settings in ({}, {"sample": 200}, {"sample": 200}, {"sample": 200, "seed": 1})
    )
    assert some == again != others
    assert some == pytest.approx(whole, abs=0.05)


def test_trustworthiness_needs_more_codes_than_twice_the_neighbours():
    assert trustworthiness(CODES[:24], CODES[:24, :2]) is None
    assert trustworthiness(CODES[:25], CODES[:25, :2]) is not None


@pytest.mark.parametrize("method", METHODS[1:])
def test_a_map_comes_back_from_its_file(made, tmp_path, method):
    before = made[method] if method in made else project(CODES, method)
    before.save(tmp_path / "folder" / "map.npz")
    after = Projection.load(tmp_path / "folder" / "map.npz")
    for name, value in vars(before).items():
        assert np.array_equal(getattr(after, name), value)
        assert type(getattr(after, name)) is type(value)


def test_a_map_without_a_trustworthiness_comes_back_without_one(tmp_path):
    linear_projection(CODES, "pca").save(tmp_path / "map.npz")
    assert Projection.load(tmp_path / "map.npz").trustworthiness is None


@pytest.mark.parametrize(
    "changed",
    [
        {"points": np.full((3, 2), np.nan, np.float32)},
        {"points": np.zeros((3, 3), np.float32)},
        {"points": np.zeros((3, 2))},
        {"points": np.array([[None, 1]] * 3)},
        {"method": np.array("magic")},
        {"trustworthiness": np.array("high")},
        {"components": np.zeros((2, 4), np.float32)},
    ],
    ids=lambda changed: f"{next(iter(changed))} {next(iter(changed.values())).dtype}",
)
def test_a_file_that_is_no_map_is_refused(tmp_path, changed):
    path = tmp_path / "map.npz"
    linear_projection(CODES[:3], "pca").save(path)
    with np.load(path) as arrays:
        content = {**arrays, **changed}
    np.savez(path, **content)
    with pytest.raises(DataError, match=r"map\.npz cannot be read"):
        Projection.load(path)


def test_a_file_that_is_cut_short_or_missing_is_refused(tmp_path):
    path = tmp_path / "map.npz"
    linear_projection(CODES, "pca").save(path)
    path.write_bytes(path.read_bytes()[:-200])
    for broken in (path, tmp_path / "none.npz"):
        with pytest.raises(DataError, match="cannot be read"):
            Projection.load(broken)


@pytest.mark.parametrize("method", NEIGHBOURLY)
def test_codes_of_the_map_are_placed_near_their_own_points_and_again_the_same(made, method):
    placer = Placer(CODES, made[method])
    before = made[method].points.copy()
    places = placer.place(CODES[::3])
    distances = np.linalg.norm(places - before[::3], axis=1)
    assert np.median(distances) < 0.1 * before.std()
    assert np.array_equal(placer.place(CODES[::3]), places)
    assert np.array_equal(made[method].points, before)


@pytest.mark.parametrize("method", NEIGHBOURLY)
def test_a_new_code_is_placed_in_its_group(made, method):
    points = made[method].points
    centres = np.stack([points[group == GROUPS].mean(axis=0) for group in range(3)])
    places = Placer(CODES, made[method]).place(6 * np.eye(3, 5))
    assert np.linalg.norm(places[:, None] - centres, axis=2).argmin(axis=1).tolist() == [0, 1, 2]


def test_a_place_on_a_linear_map_is_exact():
    for method, codes in (("pca", CODES), ("direct", CODES[:, :2])):
        linear = linear_projection(codes, method)
        assert Placer(codes, linear).place(codes) == pytest.approx(linear.points, abs=1e-5)


def test_codes_that_do_not_belong_to_the_map_are_refused():
    pca = linear_projection(CODES, "pca")
    with pytest.raises(DataError, match="Received: 300 for 299 codes"):
        Placer(CODES[:299], pca)
    with pytest.raises(DataError, match=r"shape \(n, 5\)"):
        Placer(CODES, pca).place(CODES[:, :4])


def test_umap_is_imported_without_tensorflow_and_could_still_be_asked_for_it():
    code = (
        "import sys; from ae_core.latent.tsne_umap import _import_umap as load; u = load(); "
        "assert u is load(); u.UMAP; "
        "print('tensorflow' in sys.modules, 'umap.parametric_umap' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (done.stdout.split(), done.stderr) == (["False", "False"], "")
