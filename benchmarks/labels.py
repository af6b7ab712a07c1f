"""What labels a trained encoder saves: the contest of classifiers on the preset Variational, and what a head costs.

The full form writes what it found to docs/results.md. It keeps its runs in $AE_RUNS, or ./runs: what is there already
is not learned again.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ae_core.classification.contest import CONTESTANTS, EPOCHS, PUBLISHED, Contest, Standing
from ae_core.config.precision import PRECISIONS
from ae_core.config.presets import CATALOGUE, PRESETS
from ae_core.runs.store import RunStore
from benchmarks.rows import Bar, BenchmarkError, Row, alternate, say
from benchmarks.sides import Side

NAME = "labels"
PRESET = "variational"
RESULTS = Path(__file__).parents[1] / "docs" / "results.md"
COUNTS = (10, 30, 100, 300, 600, 1000, 3000, 10_000, 60_000)
"""What a page offers, and where figures were published."""
SEEDS = {count: 5 if count <= 1000 else 3 if count <= 3000 else 1 for count in COUNTS}
ALL = 60_000
AHEAD = Bar(8.0, "least")
ERROR_OF_100 = Bar(PUBLISHED[100], "most")
ERROR_OF_ALL = Bar(2.0, "most")
HEAD_AGAINST_WHOLE = Bar(20.0, "least")
CONTEST_SECONDS = 3600.0

Standings = dict[str, Standing]


def measure(*, quick: bool) -> list[Row]:
    """Errors at 100 labels and at all of them, and how fast a head learns; with `quick` the latter alone."""
    with Side("The classifiers") as side:
        side.ask(prepare)
        side.answer(seconds=CONTEST_SECONDS)
        rows = [_head_against_whole(side, quick=quick)]
        if quick:
            return rows
        table = {count: _contests(side, count) for count in COUNTS}
    say(f"  writing {RESULTS.name}")
    rows += _errors(table)
    RESULTS.write_text(_page(table, rows), encoding="utf-8")
    return rows


def _errors(table: dict[int, Standings]) -> list[Row]:
    few, scratch = _best(table[100]), table[100]["from-scratch"]
    everything = _best(table[ALL])
    return [
        Row(
            NAME, f"points of accuracy that {few} has above from scratch, 100 labels",
            100 * (table[100][few].accuracy - scratch.accuracy), "points", None, AHEAD,
        ),
        Row(NAME, f"error of {few}, 100 labels, mean of five seeds", _error(table[100][few]), "%", None, ERROR_OF_100),
        Row(NAME, f"error of {everything}, 60000 labels", _error(table[ALL][everything]), "%", None, ERROR_OF_ALL),
    ]  # fmt: skip


def _best(standings: Standings) -> str:
    """Of those that use the encoder."""
    names = [name for name in standings if CONTESTANTS[name].encoder]
    return max(names, key=lambda name: standings[name].accuracy)


def _error(standing: Standing) -> float:
    return 100 * (1 - standing.accuracy)


def _contests(side: Side, count: int) -> Standings:
    contests = []
    for seed in range(SEEDS[count]):
        say(f"  contest with {count} labels, seed {seed}")
        side.ask(hold, count, seed)
        contests.append(side.answer(seconds=CONTEST_SECONDS))
    truth = side.call(truth_of)
    return {name: Standing.of((contest.outcomes[name] for contest in contests), truth) for name in CONTESTANTS}


def _head_against_whole(side: Side, *, quick: bool) -> Row:
    """Both see each of 60,000 labelled images as often."""
    rounds = 1 if quick else 3
    say(f"  a head against encoder and head together, {EPOCHS} epochs of 60000 labels: {rounds} rounds")
    whole, head = alternate(lambda: _seconds(side, "fine-tuned"), lambda: _seconds(side, "head"), rounds=rounds)
    return Row(
        NAME, f"encoder and head together, against the head alone on cached codes, {EPOCHS} epochs of 60000 labels",
        whole, "s", head, HEAD_AGAINST_WHOLE,
    )  # fmt: skip


def _seconds(side: Side, name: str) -> float:
    side.ask(teach, name)
    return float(side.answer(seconds=CONTEST_SECONDS))


# What follows runs in the side's process, which keeps the bench.
_kept: dict[str, Any] = {}


def prepare() -> None:
    """Train the preset if it is not there, and encode all images."""
    from ae_core.classification.teaching import Bench
    from ae_core.codecs.pca import basis_of
    from ae_core.training.train import train

    store = RunStore()
    run = store.find(PRESETS[PRESET])
    if run is None or run.status.state != "finished":
        run = train(PRESETS[PRESET], store=store)
    _kept["bench"] = Bench(run, folder=store.root / "datasets", basis=lambda: basis_of(run.config, store))


def hold(labels: int, seed: int) -> Contest:
    """The contest with these labels."""
    from ae_core.classification.teaching import run_contest

    return run_contest(_kept["bench"], labels=labels, seed=seed)


def truth_of() -> Any:
    """The classes of the held-out images."""
    return _kept["bench"].test_labels


def teach(name: str) -> float:
    """Seconds that one contestant learns for from all labels, whatever is kept of it."""
    from ae_core.classification.teaching import teach as learn

    outcome = learn(name, _kept["bench"], labels=ALL, seed=0)
    return outcome.seconds


def _page(table: dict[int, Standings], rows: Sequence[Row]) -> str:
    run = RunStore().find(PRESETS[PRESET])
    if run is None:
        raise BenchmarkError(f"The run of the preset {PRESET} is gone.")
    head = "| " + " | ".join(["labels", *(CONTESTANTS[name].short for name in CONTESTANTS)]) + " | M1+TSVM |"
    lines = [_line(count, standings) for count, standings in table.items()]
    versions = ", ".join(f"{name} {version(name)}" for name in ("tensorflow", "keras", "scikit-learn", "numpy"))
    seconds = [
        f"| {CONTESTANTS[name].title} | "
        + " | ".join(f"{table[count][name].seconds:.1f}" for count in (100, ALL))
        + " |"
        for name in CONTESTANTS
    ]
    figures = [f"- {row.name[0].upper()}{row.name[1:]}: {_words(row)}" for row in rows]
    return "\n".join([
        "# How many labels an encoder saves",
        "",
        "Written by `python -m benchmarks labels`, which anyone can run again; the page **Classify** holds the same "
        "contests.",
        "",
        f"On {date.today():%d %B %Y}, Python {platform.python_version()}, {versions}. The encoder is that of the "
        f"preset {CATALOGUE[PRESET].title}: a variational autoencoder with 20 dimensions that has seen the 60,000 "
        f"training images of MNIST and no label, in {run.status.step:,} steps in {PRECISIONS[run.config.precision]} "
        f"({run.status.seconds:.0f} s; negative ELBO {run.status.neg_elbo:.1f} nats an image). Contestants learn from "
        "the same labelled images, as many of each class, and name the 10,000 test images.",
        "",
        "## Error in %",
        "",
        "Mean and, of several seeds, standard deviation over seeds (other labels, other first weights): five seeds up "
        "to 1,000 labels, three at 3,000, one beyond.",
        "",
        head,
        "|" + "---:|" * (len(CONTESTANTS) + 2),
        *lines,
        "",
        "M1+TSVM: as published in table 1 of Kingma et al. 2014, “Semi-supervised learning with deep generative "
        "models”. It is the nearest to our spread labels: a support vector machine on the codes of a variational "
        "autoencoder with 50 dimensions that uses the unlabelled images as well.",
        "",
        "## Seconds to learn",
        "",
        "Without what several contestants share: the codes, and the graph of neighbours that labels spread over.",
        "",
        "| contestant | 100 labels | 60,000 labels |",
        "|---|---:|---:|",
        *seconds,
        "",
        "## What was asked",
        "",
        *figures,
        "",
    ])  # fmt: skip


def _line(count: int, standings: Standings) -> str:
    cells = []
    for name in CONTESTANTS:
        one = standings[name]
        spread = f" ± {100 * one.spread:.2f}" if one.spread else ""
        cells.append(f"{_error(one):.2f}{spread}")
    published = f"{PUBLISHED[count]:.2f}" if count in PUBLISHED else ""
    return f"| {count:,} | " + " | ".join(cells) + f" | {published} |"


def _words(row: Row) -> str:
    figure = f"{row.value:.2f} {row.unit}"
    if row.ratio is not None:
        figure = f"{row.value:.1f} {row.unit} against {row.against:.1f} {row.unit}, {row.ratio:.1f} times"
    return f"{figure} (asked: {row.bar})."
