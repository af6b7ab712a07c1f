"""What benchmarks say, and the command line; nothing is measured here."""

import json

import pytest

from benchmarks import __main__ as command_line
from benchmarks.names import BENCHMARKS
from benchmarks.rows import Bar, BenchmarkError, Row, alternate, as_json, as_table, verdict
from benchmarks.sides import Side
from benchmarks.watching import StepClock

FAST = Row("fake", "fast", 130.0, "steps/s", 100.0, Bar(1.25, "least"))
SLOW = Row("fake", "slow", 110.0, "steps/s", 100.0, Bar(1.25, "least"))
LARGE = Row("fake", "large", 301.0, "MB", 300.0, Bar(1.0, "most"))
ALONE = Row("fake", "alone", 0.25, "s/s")


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


def test_the_table_of_benchmarks_knows_the_ones_that_are_promised():
    assert {"training", "startup"} <= set(BENCHMARKS)


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
