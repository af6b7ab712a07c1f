"""What benchmarks say, and the command line; nothing is measured here."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from ae_core.datasets.catalogue import load_dataset
from ae_core.preprocessing.drawing import digit_from_canvas
from benchmarks import __main__ as command_line
from benchmarks import classroom
from benchmarks.hand import FIVE, Stroke, along
from benchmarks.names import BENCHMARKS
from benchmarks.painting import CANVAS_SIDE, ink, paint, paint_somewhere
from benchmarks.rows import Bar, BenchmarkError, Row, alternate, as_json, as_table, percentile, verdict
from benchmarks.sides import Side
from benchmarks.watching import StepClock

FAST = Row("fake", "fast", 130.0, "steps/s", 100.0, Bar(1.25, "least"))
SLOW = Row("fake", "slow", 110.0, "steps/s", 100.0, Bar(1.25, "least"))
LARGE = Row("fake", "large", 301.0, "MB", 300.0, Bar(1.0, "most"))
ALONE = Row("fake", "alone", 0.25, "s/s")
SILENT = Row("fake", "silent", 0.0, "frames", None, Bar(0.0, "most"))
CHATTY = Row("fake", "chatty", 2.0, "frames", None, Bar(0.0, "most"))


def run(*arguments, rows=(FAST,), calls=None):
    """The command line with one benchmark, "fake", that gives these rows."""

    def fake(*, quick):
        if calls is not None:
            calls.append(quick)
        return list(rows)

    return command_line.main(arguments, benchmarks={"fake": fake})


def failing(error):
    def benchmark(*, quick):
        raise error

    return {"fake": benchmark}


def test_a_ratio_is_value_by_against():
    assert FAST.ratio == pytest.approx(1.3)


def test_a_figure_that_stands_alone_has_no_ratio_and_no_bar():
    assert (ALONE.ratio, ALONE.reached) == (None, None)


@pytest.mark.parametrize(("row", "reached"), [(FAST, True), (SLOW, False), (LARGE, False)])
def test_a_bar_is_reached_from_its_own_side(row, reached):
    assert row.reached is reached


@pytest.mark.parametrize("side", ["least", "most"])
def test_the_limit_itself_is_good_enough(side):
    assert Bar(1.25, side).reached_by(1.25)


def test_no_bar_is_reached_against_nothing():
    assert Row("fake", "broken", 5.0, "s", 0.0, Bar(2.0, "most")).reached is False


@pytest.mark.parametrize(("row", "reached"), [(SILENT, True), (CHATTY, False)])
def test_a_bar_on_a_figure_that_stands_alone_is_on_its_value(row, reached):
    assert (row.ratio, row.reached) == (None, reached)


def test_the_verdict_names_the_value_that_missed_its_bar():
    assert verdict([SILENT, CHATTY]) == "1 of 2 bars missed: fake: chatty (2, <= 0)."


def test_json_tells_a_bar_on_a_value_by_there_being_nothing_to_compare_with():
    (silent,) = json.loads(as_json([SILENT]))["rows"]
    assert silent == {
        "benchmark": "fake", "name": "silent", "value": 0.0, "unit": "frames", "against": None, "ratio": None,
        "bar": 0.0, "reached": True,
    }  # fmt: skip


def test_the_table_has_a_line_a_row_and_names_what_was_missed():
    lines = as_table([FAST, SLOW, ALONE]).splitlines()
    assert len(lines) == 1 + 3 + 2
    assert lines[1].endswith(">= 1.25  reached")
    assert lines[2].endswith(">= 1.25  MISSED")
    assert lines[-1] == "1 of 2 bars missed: fake: slow (1.1, >= 1.25)."


def test_columns_of_the_table_stand_under_each_other():
    heading, *rows = as_table([FAST, LARGE]).splitlines()[:3]
    assert {row.index(unit) for row, unit in zip(rows, ("steps/s", "MB"), strict=True)} == {heading.index("unit")}


def test_the_verdict_says_when_all_is_well():
    assert verdict([FAST, ALONE]) == "All 1 bars reached."
    assert verdict([ALONE]) == "No bars here."


def test_json_has_every_field_and_null_for_what_is_not_there():
    fast, alone = json.loads(as_json([FAST, ALONE]))["rows"]
    assert fast == {
        "benchmark": "fake", "name": "fast", "value": 130.0, "unit": "steps/s", "against": 100.0, "ratio": 1.3,
        "bar": 1.25, "reached": True,
    }  # fmt: skip
    assert [alone[field] for field in ("against", "ratio", "bar", "reached")] == [None] * 4


def test_both_sides_take_turns_and_the_order_turns_round():
    turns = []
    alternate(lambda: turns.append("a") or 1.0, lambda: turns.append("b") or 1.0, rounds=3)
    assert "".join(turns) == "abbaab"


def test_one_slow_round_does_not_count():
    first, second = iter([10.0, 1.0, 11.0]), iter([5.0, 5.0, 0.1])
    assert alternate(lambda: next(first), lambda: next(second), rounds=3) == (10.0, 5.0)


def test_another_summary_than_the_median_can_be_asked_for():
    first, second = iter([1.0, 9.0, 2.0]), iter([5.0, 4.0, 3.0])
    assert alternate(lambda: next(first), lambda: next(second), rounds=3, summary=max) == (9.0, 5.0)


@pytest.mark.parametrize(("percent", "expected"), [(0, 1), (5, 1), (50, 10), (94, 19), (95, 19), (96, 20), (100, 20)])
def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed(percent, expected):
    assert percentile([float(value) for value in range(20, 0, -1)], percent) == expected


def test_of_few_values_the_95th_percentile_is_the_largest():
    assert percentile([3.0, 1.0, 2.0], 95) == 3.0


def test_there_is_no_percentile_of_nothing():
    with pytest.raises(BenchmarkError, match="nothing was measured"):
        percentile([], 95)


def test_the_json_is_all_there_is_on_stdout(capsys):
    assert run("fake", "--json") == 0
    shown = capsys.readouterr()
    assert list(json.loads(shown.out)) == ["rows"]
    assert "All 1 bars reached." in shown.err


def test_a_missed_bar_is_named_and_is_no_failure(capsys):
    assert run(rows=[SLOW]) == 0
    assert "missed: fake: slow" in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "quick"), [(["--quick"], True), ([], False)])
def test_without_names_all_are_measured_quickly_only_when_asked(arguments, quick):
    calls = []
    run(*arguments, calls=calls)
    assert calls == [quick]


def test_a_name_given_twice_is_measured_once():
    calls = []
    run("fake", "fake", calls=calls)
    assert len(calls) == 1


def test_an_unknown_name_is_refused_with_those_that_are_known(capsys):
    assert run("fake", "speed") == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "must be one of fake. Received: speed." in shown.err


def test_an_unknown_option_is_wrong_usage():
    with pytest.raises(SystemExit) as ended:
        run("--fast")
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [(BenchmarkError("No Chromium."), 1, "error: No Chromium."), (KeyboardInterrupt(), 130, "Interrupted.")],
)
def test_what_cannot_be_measured_is_said_on_stderr_alone(capsys, error, code, words):
    assert command_line.main(["--json"], benchmarks=failing(error)) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert words in shown.err


@pytest.mark.parametrize(("error", "code"), [(BenchmarkError("No Chromium."), 1), (KeyboardInterrupt(), 130)])
def test_what_was_measured_before_is_shown_all_the_same(capsys, error, code):
    def half(*, quick):
        yield FAST
        raise error

    assert command_line.main(["--json"], benchmarks={"half": half}) == code
    assert [row["name"] for row in json.loads(capsys.readouterr().out)["rows"]] == [FAST.name]


def test_what_cannot_be_measured_keeps_nothing_else_from_it(capsys):
    def whole(*, quick):
        return [FAST]

    benchmarks = {**failing(BenchmarkError("No Chromium.")), "whole": whole}
    assert command_line.main(["--json"], benchmarks=benchmarks) == 1
    assert [row["name"] for row in json.loads(capsys.readouterr().out)["rows"]] == [FAST.name]


def test_the_table_of_benchmarks_knows_the_ones_that_are_promised():
    assert {"training", "startup", "drawing", "latent", "memory"} <= set(BENCHMARKS)


def test_a_class_presses_within_a_minute_each_visitor_once_and_each_time_alike():
    presses = classroom.pressed_within(60, 30, 300)
    assert presses == classroom.pressed_within(60, 30, 300)
    assert len({press.visitor for press in presses}) == len({press.config.key for press in presses}) == 30
    assert 0 <= presses[0].at < 10 < 50 < presses[-1].at <= 60
    assert len({press.config.latent_dim for press in presses}) == 5


def test_one_asks_for_ten_before_nine_ask_for_one():
    presses = classroom.all_at_once(10, 9)
    assert [press.visitor for press in presses].count("keen") == 10
    assert len({press.visitor for press in presses}) == 10
    assert len({press.config.key for press in presses}) == 19


def test_a_wait_is_from_the_press_to_the_first_reconstructions_and_to_the_end(monkeypatch):
    monkeypatch.setattr(classroom, "POLL_SECONDS", 0)
    (press,) = classroom.all_at_once(1, 0)
    states = [("queued", None), ("working", 0), ("working", 5), ("queued", 5), None]
    times = iter(range(100))

    class Queue:
        store = SimpleNamespace(open=lambda _key: SimpleNamespace(status=SimpleNamespace(state="finished")))

        def ask(self, work, *, owner):
            assert (work.config, owner) == (press.config, "keen")

        def view(self, work):
            state = states.pop(0)
            told = state and state[1] is not None and SimpleNamespace(step=state[1])
            return state and SimpleNamespace(state=state[0], progress=told or None)

    (wait,) = classroom._watch(Queue(), [press], lambda: next(times))
    assert wait.visitor == "keen"
    assert 0 < wait.begin < wait.look < wait.end


def test_the_clock_measures_from_one_report_to_another():
    clock = StepClock()
    coming = iter([(11.0, 100), (12.0, 150), (13.0, 220), (14.0, 300)])

    def wait(_seconds):
        at, step = next(coming)
        clock.note((at, {"key": "k", "progress": {"step": step}}))

    clock.note((3.0, {"key": "k"}))
    clock.note((10.0, {"key": "k", "progress": {"step": 10}}))
    assert clock.rate(2.0, wait) == pytest.approx((220 - 100) / 2.0)


def test_a_side_answers_and_says_what_went_wrong():
    with Side("The adder") as side:
        assert side.call(divmod, 7, 2) == (3, 1)
        with pytest.raises(BenchmarkError, match=r"The adder failed\.[\s\S]*ZeroDivisionError"):
            side.call(divmod, 7, 0)
        assert side.call(divmod, 9, 3) == (3, 0)


def stroke(**changed):
    """Between 100 and 200 ms, sent at 220, answered by "agrees" at 260."""
    notes = {"down": 100.0, "up": 200.0, "updates": [], "frames": [220.0], "shown": [[260.0, "agrees"]], **changed}
    return Stroke.from_page(notes)


def test_only_what_happens_while_the_pen_is_down_is_in_mid_stroke():
    drawn = stroke(updates=[[110.0, 2.0], [190.0, 3.0], [210.0, 50.0]], frames=[150.0, 230.0, 240.0])
    assert drawn.update_times() == [2.0, 3.0]
    assert drawn.messages() == 1
    assert drawn.sent() == 230.0


def test_the_answer_is_the_first_text_after_the_message_that_is_not_one_of_waiting():
    drawn = stroke(shown=[[150.0, "agrees"], [208.0, "agrees"], [225.0, "differs"], [230.0, "none"], [240.0, "agrees"]])
    assert drawn.answered(["none", "differs"]) == 240.0


@pytest.mark.parametrize(
    "failing",
    [
        lambda: stroke(up=None),
        lambda: stroke(frames=[150.0]).sent(),
        lambda: stroke(frames=[150.0]).answered(["none"]),
        lambda: stroke(shown=[[210.0, "agrees"], [240.0, "none"]]).answered(["none"]),
    ],
    ids=["no end", "no message", "no message to answer", "no answer"],
)
def test_a_stroke_of_which_something_was_not_heard_is_not_measured(failing):
    with pytest.raises(BenchmarkError):
        failing()


def test_the_pen_goes_from_the_first_point_to_the_last_through_all():
    assert (along(FIVE, 0.0), along(FIVE, 1.0)) == (FIVE[0], FIVE[-1])
    points = [(0.0, 0.0), (1.0, 0.0), (1.0, 0.5)]
    assert [along(points, share) for share in (0.25, 0.5, 0.75)] == [(0.5, 0.0), (1.0, 0.0), (1.0, 0.25)]


def test_a_painted_digit_is_opaque_grey_and_where_it_should_be():
    pixels = np.zeros((28, 28), np.uint8)
    pixels[14, 14] = 255
    canvas = paint(pixels, side=280, top=20, left=10)
    assert canvas.shape == (CANVAS_SIDE, CANVAS_SIDE, 4)
    assert (canvas[:, :, 3] == 255).all()
    assert (canvas[:, :, :3] == canvas[:, :, :1]).all()
    brightest = np.unravel_index(canvas[:, :, 0].argmax(), (CANVAS_SIDE, CANVAS_SIDE))
    assert np.abs(np.array(brightest) - (20 + 145, 10 + 145)).max() <= 5


def test_the_same_seed_paints_the_same_and_another_place_is_still_on_the_canvas():
    pixels = np.full((28, 28), 255, np.uint8)
    first, again = (paint_somewhere(pixels, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first, again)
    rng = np.random.default_rng(0)
    areas = [int((paint_somewhere(pixels, rng)[:, :, 0] > 0).sum()) for _ in range(50)]
    assert 80**2 <= min(areas) < max(areas) <= 300**2
    assert all(round(area**0.5) ** 2 == area for area in areas)


def test_a_painted_digit_comes_back_wherever_it_was():
    pixels = load_dataset("mnist").test_pixels[0]
    small = digit_from_canvas(paint(pixels, side=84, top=200, left=4))
    large = digit_from_canvas(paint(pixels, side=300, top=0, left=8))
    assert np.mean((small - large) ** 2) < 0.25 * ink(large[None])
