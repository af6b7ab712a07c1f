"""How fast a training runs: against others who train the same network, and with a page watching against none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from statistics import median

from ae_core.config.precision import MIXED, PRECISIONS
from benchmarks.peers.trainer import LAST, NETWORKS, OURS, PEERS, SETTLING, begin, rate
from benchmarks.quality import measure_quality
from benchmarks.rows import Bar, BenchmarkError, Row, say, take_turns
from benchmarks.short_runs import measure_short_runs
from benchmarks.sides import Side
from benchmarks.watching import measure_watched

NAME = "training"
BARS: dict[tuple[str, str], Bar] = {
    ("dense", "jax"): Bar(1.2, "least"),
    ("dense", "products"): Bar(1.1, "least"),
    ("dense", "keras"): Bar(2.0, "least"),
}
"""With units for bfloat16: float32 alone cannot be faster than its own products."""
BARS_IN_FLOAT32: dict[tuple[str, str], Bar] = {("dense", "keras"): Bar(1.25, "least")}
AGAINST_BEST: dict[str, Bar] = {"convolutional": Bar(1.5, "least")}
SAME_LOSS = 0.1
"""By what share the losses of two may differ after the same steps; they begin with other random weights."""


def measure(*, quick: bool) -> Iterator[Row]:
    """Steps a second, quickly of the dense network alone; short trainings; time to quality; with a page and without."""
    for network in ["dense"] if quick else NETWORKS:
        yield from _side_by_side(network, quick=quick)
    yield from measure_short_runs(quick=quick)
    yield from measure_quality(quick=quick)
    yield from measure_watched(quick=quick)


def _side_by_side(network: str, *, quick: bool) -> list[Row]:
    """Ours, with all that the app has it do, against each peer that is installed."""
    rounds, steps = (3, 100) if quick else (7, 400)
    names = installed(network)
    say(f"  {network}: {', '.join(PEERS[name].title for name in names)}; {rounds} rounds of {steps} steps each")
    with ExitStack() as stack:
        sides = {name: stack.enter_context(Side(PEERS[name].title)) for name in names}
        begun = {name: side.call(begin, name, network) for name, side in sides.items()}
        compare(begun)
        # While one trains the others wait for their turn, and take no processor time.
        turns = {name: partial(side.call, rate, name, network, steps) for name, side in sides.items()}
        rates = {name: median(values) for name, values in take_turns(turns, rounds=rounds).items()}
    return peer_rows(network, rates)


def installed(network: str) -> list[str]:
    """Us, and those who train the network and are installed; of the others it is said what they lack."""
    names = []
    for name, peer in PEERS.items():
        if network not in peer.networks:
            continue
        if missing := peer.missing:
            say(f"  {peer.title} is missing: pip install -r requirements-bench.txt brings {', '.join(missing)}")
        else:
            names.append(name)
    return names


def compare(begun: dict[str, tuple[int | None, float | None]]) -> None:
    """Raise BenchmarkError unless all train the same: as many parameters, and a loss within `SAME_LOSS` of ours."""
    params, loss = begun[OURS]
    for name, (their_params, their_loss) in begun.items():
        if their_params is None or their_loss is None or loss is None:
            continue
        if their_params != params or abs(their_loss / loss - 1) > SAME_LOSS:
            raise BenchmarkError(
                f"{PEERS[name].title} trains something else: {their_params} parameters instead of {params}, and a loss "
                f"of {their_loss:.4f} instead of {loss:.4f} after {SETTLING} steps (mean of the last {LAST})."
            )


def peer_rows(network: str, rates: Mapping[str, float]) -> list[Row]:
    """Our rate against each other one, in steps a second, and where it is asked for against the best of them.

    The best of them counts only where nobody is missing.
    """
    precision = NETWORKS[network].precision
    bars = BARS if precision == MIXED else BARS_IN_FLOAT32
    name = f"{network} network in {PRECISIONS[precision]} with reports and checkpoints, against"
    theirs = {peer: steps for peer, steps in rates.items() if peer != OURS}
    rows = [
        Row(NAME, f"{name} {PEERS[peer].title}", rates[OURS], "steps/s", steps, bars.get((network, peer)))
        for peer, steps in theirs.items()
    ]
    others = {peer: steps for peer, steps in theirs.items() if PEERS[peer].module != OURS}
    everybody = {peer for peer in PEERS if network in PEERS[peer].networks} == {*rates}
    if network in AGAINST_BEST and everybody and precision == MIXED:
        best = max(others, key=lambda peer: others[peer])
        title = f"{name} the best of them ({PEERS[best].title})"
        rows.append(Row(NAME, title, rates[OURS], "steps/s", others[best], AGAINST_BEST[network]))
    return rows
