"""Whose turn it is: among visitors, among what they ask for, and what gives way to what. No clock and no worker."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from ae_core.config.config import Config
from ae_core.jobs.entry import TELLING_REPORTS, Entry
from ae_core.jobs.turns import LOOK_SECONDS, TURN_SECONDS, WORTH_SECONDS, Line, round_of
from ae_core.workers.pace import Pace
from ae_core.workers.trainings import Training

NOW = 1000.0
LONG, SHORT = 100.0, 1.0


def entry(number: int, *owners: str, left: float | None = None, asked: float | None = None, **more: object) -> Entry:
    """A training that waits; with seconds `left` it has been looked inside, and has given way once."""
    progress = None if left is None else SimpleNamespace(seconds_left=left)
    turns = 0 if left is None else 1
    asked = 100.0 + number if asked is None else asked
    one = Entry(Training(Config(seed=number)), set(owners), progress, number, asked, turns=turns)
    return replace(one, **more)  # type: ignore[arg-type]


def in_rounds(*entries: Entry) -> list[Entry]:
    """As the books number them."""
    last: dict[str, int] = {}
    for at, one in enumerate(entries):
        one.round = round_of(one.owners, last, entries[:at])
        last |= dict.fromkeys(one.owners, one.round)
    return [*entries]


def running(number: int, *owners: str, left: float, seconds: float = 60.0, **more: object) -> Entry:
    """A training that a worker has had for so many `seconds`."""
    there = {"place": number, "begun": True, "since": NOW - seconds, "reports": TELLING_REPORTS}
    return entry(number, *owners, left=left, **there | more)


def line(*entries: Entry) -> Line:
    return Line(entries, Pace(), NOW)


def order(*entries: Entry) -> list[int]:
    """Numbers of what waits, in the order in which it is handed over."""
    waiting, given = in_rounds(*entries), []
    while one := line(*waiting).next():
        given.append(one.number)
        one.place = 0
    return given


def leaving(*entries: Entry) -> list[int]:
    return [one.number for one in line(*in_rounds(*entries)).giving_way()]


def test_who_asked_first_comes_first() -> None:
    assert order(entry(1, "ada"), entry(2, "bob"), entry(3, "cleo")) == [1, 2, 3]


def test_who_has_had_a_turn_waits_for_those_who_have_not_and_who_comes_late_for_none_that_is_over() -> None:
    waiting = [entry(1, "bob", round=4), entry(2, "cleo", round=5)]
    assert round_of({"ada"}, {"ada": 4}, waiting) == 5
    assert round_of({"ada"}, {"ada": 1}, waiting) == round_of({"eve"}, {}, waiting) == round_of((), {}, waiting) == 4
    assert round_of({"ada", "bob"}, {"ada": 7, "bob": 4}, waiting) == 5
    assert round_of({"ada"}, {}, ()) == 0


def test_who_asks_for_ten_waits_with_the_second_until_everybody_else_has_had_a_first() -> None:
    ten, nine = [entry(number, "ada") for number in range(10)], [entry(10 + at, f"student {at}") for at in range(9)]
    assert order(*ten, *nine) == [0, *range(10, 19), *range(1, 10)]


def test_what_a_visitor_has_in_training_counts_as_the_first() -> None:
    assert order(running(1, "ada", left=LONG), entry(2, "ada"), entry(3, "bob")) == [3, 2]


def test_what_two_have_asked_for_comes_when_it_would_for_either() -> None:
    assert order(entry(1, "ada"), entry(2, "ada", "bob"), entry(3, "cleo"), entry(4, "ada")) == [1, 2, 3, 4]


def test_what_nobody_of_this_server_has_asked_for_is_nobodys_second() -> None:
    assert order(entry(1), entry(2), entry(3, "ada")) == [1, 2, 3]


def test_what_nobody_has_looked_inside_comes_first() -> None:
    assert order(entry(1, "ada", left=LONG), entry(2, "bob", left=SHORT), entry(3, "cleo")) == [3, 2, 1]


def test_a_long_one_comes_in_time() -> None:
    for asked, first in ((150.0, [2, 1]), (250.0, [1, 2])):
        long, short = entry(1, "ada", left=LONG, asked=100.0), entry(2, "bob", left=SHORT, asked=asked)
        assert order(long, short) == first


def test_what_was_called_off_comes_before_all() -> None:
    assert order(entry(1, "ada"), entry(2, "bob"), entry(3, "ada", left=LONG, request="stop")) == [3, 1, 2]


def test_a_long_one_gives_way_to_what_nobody_has_looked_inside_and_a_short_one_goes_on() -> None:
    assert leaving(running(1, "ada", left=WORTH_SECONDS + 1), entry(2, "bob")) == [1]
    assert leaving(running(1, "ada", left=WORTH_SECONDS - 1), entry(2, "bob")) == []


def test_nothing_gives_way_before_it_has_been_looked_inside_itself_or_to_its_visitors_second() -> None:
    assert leaving(running(1, "ada", left=LONG, reports=TELLING_REPORTS - 1), entry(2, "bob")) == []
    assert leaving(running(1, "ada", left=LONG), entry(2, "ada")) == []


def test_each_that_waits_is_made_way_for_once() -> None:
    first, second = running(0, "ada", left=LONG), running(1, "bob", left=LONG)
    assert leaving(first, second, entry(2, "cleo")) == [1]
    assert leaving(first, second, entry(2, "cleo"), entry(3, "dan"), entry(4, "eve")) == [1, 0]
    asked_to = replace(second, leaving=True)
    assert leaving(first, asked_to, entry(2, "cleo")) == []
    assert leaving(first, asked_to, entry(2, "cleo"), entry(3, "dan")) == [0]


def test_what_is_being_called_off_is_not_sent_away_as_well() -> None:
    assert leaving(running(1, "ada", left=LONG, request="pause"), entry(2, "bob")) == []


def test_among_those_looked_inside_the_shorter_one_is_made_way_for_when_that_is_worth_it() -> None:
    short = entry(2, "bob", left=SHORT)
    assert leaving(running(1, "ada", left=LONG), short) == [1]
    assert leaving(running(1, "ada", left=LONG, seconds=TURN_SECONDS - 1), short) == []
    assert leaving(running(1, "ada", left=SHORT + WORTH_SECONDS), short) == []


def test_a_visitors_second_gives_way_to_anothers_first_however_long_that_is() -> None:
    ada = running(0, "ada", left=LONG), running(1, "ada", left=LONG)
    assert leaving(*ada, entry(2, "bob", left=2 * LONG)) == [1]


def test_nothing_is_sent_away_for_what_was_begun() -> None:
    assert leaving(running(0, "ada", left=LONG), running(1, "bob", left=SHORT)) == []


def test_the_wait_is_what_comes_before_and_a_look_where_that_gives_way() -> None:
    long, looked, fresh = running(0, "ada", left=LONG), entry(1, "bob", left=LONG), entry(2, "cleo")
    whole = line(long, looked, fresh)
    assert (whole.ahead_of(fresh), whole.wait_seconds(fresh)) == ([long], LOOK_SECONDS)
    assert whole.ahead_of(looked) == [long, fresh]
    assert whole.wait_seconds(looked) > LONG


def test_what_was_handed_over_waits_for_nothing() -> None:
    given = entry(1, "bob", place=1)
    assert line(running(0, "ada", left=LONG), given).ahead_of(given) == []


@pytest.mark.parametrize("count", [1, 30])
def test_whoever_comes_last_is_looked_inside_after_all_others_have_been(count: int) -> None:
    waiting = [entry(number, f"student {number}") for number in range(1, count + 1)]
    seconds = line(running(0, "ada", left=LONG), *waiting).wait_seconds(waiting[-1])
    assert seconds == pytest.approx(LOOK_SECONDS * count)
