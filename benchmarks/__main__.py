"""The command line: `python -m benchmarks [NAME ...] [--quick] [--json]`.

The result goes to stdout (a table, or with --json one object), progress to stderr. Exit codes: 0 measured, whether or
not the bars were reached; 1 something could not be measured; 2 wrong usage; 130 interrupted by Ctrl-C. What was
measured before that is shown all the same.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import NoReturn

from benchmarks.names import BENCHMARKS, Benchmark
from benchmarks.rows import BenchmarkError, Row, as_json, as_table, say, verdict

TERMINATED = 128 + signal.SIGTERM
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None, *, benchmarks: Mapping[str, Benchmark] = BENCHMARKS) -> int:
    """Measure what `arguments` name and print it; returns the exit code."""
    options = _parser(benchmarks).parse_args(arguments)
    unknown = [name for name in options.names if name not in benchmarks]
    if unknown:
        say(f"error: A benchmark must be one of {', '.join(benchmarks)}. Received: {', '.join(unknown)}.")
        return 2
    rows: list[Row] = []
    code = _measure([*dict.fromkeys(options.names or benchmarks)], benchmarks, rows, quick=options.quick)
    if rows or not code:
        _show(rows, json=options.json)
    return code


def _measure(names: Sequence[str], benchmarks: Mapping[str, Benchmark], rows: list[Row], *, quick: bool) -> int:
    """Add what is measured to `rows`, one by one, since it takes long; returns the exit code."""
    code = 0
    try:
        for name in names:
            say(f"{name} ...")
            try:
                # Row by row: those before an error stay.
                rows.extend(benchmarks[name](quick=quick))
            except BenchmarkError as error:
                say(f"error: {error}")
                code = 1
    except KeyboardInterrupt:
        say("Interrupted.")
        return INTERRUPTED
    return code


def _show(rows: Sequence[Row], *, json: bool) -> None:
    if json:
        print(as_json(rows))
        say(verdict(rows))
    else:
        print(as_table(rows))


def _parser(benchmarks: Mapping[str, Benchmark]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure Bottleneck against something comparable in the same run.",
        epilog=f"Benchmarks: {', '.join(benchmarks)}. Let nothing else run meanwhile.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure (default: all)")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: within a minute each, less sure")
    parser.add_argument("--json", action="store_true", help='print one object, {"rows": [...]}')
    return parser


def _end(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(TERMINATED)


# Processes that a benchmark spawns import this file again under another name.
if __name__ == "__main__":
    # Benchmarks start servers and workers, which their `finally` ends: so a polite request to end must come to that.
    signal.signal(signal.SIGTERM, _end)
    sys.exit(main())
