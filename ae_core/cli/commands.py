"""The command line: `python -m ae_core presets | train | sweep | runs | evaluate | classify | delete`.

Figures go to stdout (as JSON with --json), progress and messages to stderr. Exit codes: 0 done, 1 could not be done,
2 wrong usage, 130 interrupted by Ctrl-C (the training can be resumed).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ae_core.cli.terminal import CtrlC, end_progress, show_contestant, show_progress, silent_tensorflow
from ae_core.config.config import Config
from ae_core.config.plan import plan_layers
from ae_core.config.precision import precision_note
from ae_core.config.presets import CATALOGUE, PRESETS, Preset
from ae_core.datasets.catalogue import dataset_for
from ae_core.errors import BottleneckError, ConfigError, DivergedError
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore
from ae_core.runs.sweep import Sweep, split_values
from ae_core.runs.sweep_store import SweepStore

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ae_core.codecs.codec import Codec

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except ConfigError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BottleneckError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ae_core", description="Train and look at autoencoders. Runs are kept in $AE_RUNS, or ./runs."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    _command(commands, "presets", _presets, "list the presets and their settings")

    train = _command(commands, "train", _train, "train a run, or go on with one; Ctrl-C pauses it")
    sweep = _command(commands, "sweep", _sweep, "train a run for each of some values of one setting")
    for command in (train, sweep):
        command.add_argument(
            "--preset", default="quick-start", metavar="NAME", help="see `presets` (default: quick-start)"
        )
        command.add_argument(
            "--set", action="append", default=[], metavar="FIELD=VALUE", help="change a setting; may be repeated"
        )
    sweep.add_argument("--field", required=True, metavar="FIELD", help="the setting that takes several values")
    sweep.add_argument("--values", required=True, metavar="A,B,...", help="two to eight of them, like 1,2,4,8")

    _command(commands, "runs", _runs, "list the runs")
    classify = _command(commands, "classify", _classify, "let classifiers learn from a run's codes and from few labels")
    classify.add_argument("key", metavar="KEY", help="a run's key; see `runs`")
    classify.add_argument("--labels", type=int, default=100, metavar="N", help="labelled images (default: 100)")
    classify.add_argument(
        "--seeds", type=int, default=1, metavar="N", help="times, each with other labels (default: 1)"
    )
    for name, function, text in (
        ("evaluate", _evaluate, "measure a run on all held-out images"),
        ("delete", _delete, "delete a run"),
    ):
        _command(commands, name, function, text).add_argument("key", metavar="KEY", help="a run's key; see `runs`")
    return parser


def _command(commands: Any, name: str, function: Callable[..., int], text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.set_defaults(command=function)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _presets(options: argparse.Namespace) -> int:
    if options.json:
        rows = [
            {"name": name, "title": preset.title, "params": _params(preset), "settings": preset.config.to_text()}
            for name, preset in CATALOGUE.items()
        ]
        print(json.dumps({"presets": rows}))
        return 0
    for name, preset in CATALOGUE.items():
        print(f"{name:<16} {preset.title}, {_params(preset):,} parameters")
        settings = " ".join(f"{field}={value}" for field, value in preset.config.to_text().items())
        print(f"{'':<16} {settings or 'all settings at their defaults'}")
    return 0


def _params(preset: Preset) -> int:
    return plan_layers(preset.config).params


def _train(options: argparse.Namespace) -> int:
    config = _config(options.preset, options.set)
    _remark(config)
    run = _trained(config, RunStore())
    if run.status.state == "paused":
        return INTERRUPTED
    _print(options, _figures(run))
    return 0


def _remark(config: Config) -> None:
    """Say on stderr what may surprise of these settings on this machine."""
    if note := precision_note(config.precision):
        print(note, file=sys.stderr)


def _trained(config: Config, store: RunStore) -> Run:
    """The run of `config`, trained in this process with a bar on stderr; paused if Ctrl-C was pressed."""
    known = store.find(config)
    if known and known.status.state == "finished":
        print(f"Run {known.key} was trained before; nothing to do.", file=sys.stderr)
        return known
    # What is wrong with the config is told before TensorFlow takes its seconds.
    plan_layers(config)
    data = dataset_for(config, folder=store.root / "datasets")
    with silent_tensorflow():
        from ae_core.training.imports import import_keras

        import_keras()
        from ae_core.training.train import train

    with CtrlC() as ctrl_c:
        try:
            run = train(config, store=store, data=data, report=show_progress, should_stop=ctrl_c.request)
        finally:
            end_progress()
    if run.status.state == "paused":
        print(f"Paused run {run.key} at step {run.status.step:,}. The same command goes on with it.", file=sys.stderr)
    return run


def _sweep(options: argparse.Namespace) -> int:
    store = RunStore()
    sweep = Sweep.read(_config(options.preset, options.set), options.field, split_values(options.values))
    sweep.check(store.root / "datasets")
    _remark(sweep.base)
    rows = []
    for text, config in zip(sweep.texts, sweep.configs, strict=True):
        print(f"{sweep.field}={text}", file=sys.stderr)
        try:
            run = _trained(config, store)
        except DivergedError as error:
            # A value too large is what one wants to learn of a sweep: the others are trained all the same.
            print(f"error: {error}", file=sys.stderr)
            run = store.open(config.key)
        if run.status.state == "paused":
            return INTERRUPTED
        rows.append({"value": text, **_figures(run)})
    SweepStore(store.root).save(sweep)
    if options.json:
        print(json.dumps({"key": sweep.key, "field": sweep.field, "runs": rows}))
        return 0
    for row in rows:
        print(f"{row['value']:<12} {row['state']:<9} test MSE {row['test_mse']:.5f}  {row['key']}")
    return 0


def _config(preset: str, settings: Sequence[str]) -> Config:
    if preset not in PRESETS:
        raise ConfigError("preset", f"--preset must be one of {', '.join(PRESETS)}. Received: {preset}.")
    values = {}
    for setting in settings:
        name, separator, value = setting.partition("=")
        if not separator:
            raise ConfigError(name, f"--set must be FIELD=VALUE, for example latent_dim=16. Received: {setting}.")
        values[name] = value
    return Config.from_text(values, base=PRESETS[preset])


def _figures(run: Run) -> dict[str, Any]:
    status = run.status
    return {
        "key": run.key,
        "state": status.state,
        "steps": status.step,
        "seconds": round(status.seconds, 3),
        "steps_per_second": round(status.steps_per_second, 2),
        "test_mse": status.test_mse,
        "neg_elbo": status.neg_elbo,
        "params": status.params,
        "path": str(run.path),
    }


def _runs(options: argparse.Namespace) -> int:
    rows = RunStore().listed()
    if options.json:
        listed = [
            {"key": row.key, **asdict(row.run.status), "config": row.run.config.to_json()}
            if row.run
            else {"key": row.key, "state": "damaged", "message": row.problem}
            for row in rows
        ]
        print(json.dumps({"runs": listed}))
        return 0
    for row in rows:
        if row.run is None:
            print(f"{row.key}  damaged    {row.problem}")
            continue
        status = row.run.status
        error = f"{status.test_mse:.5f}" if status.test_mse is not None else "-"
        steps = f"{status.step:>7,}/{status.steps:<7,} steps"
        print(f"{row.key}  {status.state:<9}  {steps}  test MSE {error:<7}  {row.run.title}")
    if not rows:
        print("No runs yet. Train one: python -m ae_core train", file=sys.stderr)
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    from ae_core.codecs.codec import open_codec
    from ae_core.evaluation.metrics import evaluate

    store = RunStore()
    run = store.open(options.key)
    codec = open_codec(run)
    data = dataset_for(run.config, folder=store.root / "datasets")
    figures = evaluate(codec, data.test_images).to_json()
    _print(options, {"key": run.key, **figures, **_terms(run, codec, data.test_images)})
    return 0


def _terms(run: Run, codec: Codec, images: NDArray[np.float32]) -> dict[str, float]:
    """What only a variational autoencoder has: both terms of its negative ELBO, in nats an image."""
    if run.config.family != "variational":
        return {}
    from ae_core.codecs.posterior import measure_elbo, open_posterior

    elbo = measure_elbo(open_posterior(run), codec, images, seed=run.config.seed)
    return {"neg_elbo": elbo.negative, "reconstruction_nats": elbo.reconstruction, "kl_nats": elbo.kl}


def _classify(options: argparse.Namespace) -> int:
    with silent_tensorflow():
        from ae_core.classification import networks  # noqa: F401 the contestants will import it
    from ae_core.classification.contest import CONTESTANTS, Standing
    from ae_core.classification.teaching import Bench, run_contest
    from ae_core.codecs.pca import basis_of

    if options.seeds < 1:
        raise ConfigError("seeds", f"--seeds must be at least 1. Received: {options.seeds}.")
    store = RunStore()
    run = store.open(options.key)
    bench = Bench(run, folder=store.root / "datasets", basis=lambda: basis_of(run.config, store))
    contests = [
        run_contest(bench, labels=options.labels, seed=seed, report=show_contestant) for seed in range(options.seeds)
    ]
    rows = []
    for name in CONTESTANTS:
        standing = Standing.of((contest.outcomes[name] for contest in contests), bench.test_labels)
        rows.append({"name": name, **vars(standing)})
    if options.json:
        print(json.dumps({"labels": options.labels, "seeds": options.seeds, "contestants": rows}))
        return 0
    for row in sorted(rows, key=lambda row: -row["accuracy"]):
        print(
            f"{row['name']:<16} {100 * row['accuracy']:6.2f} % right, +- {100 * row['half_width']:.2f}, "
            f"{row['seconds']:.1f} s"
        )
    return 0


def _delete(options: argparse.Namespace) -> int:
    RunStore().delete(options.key)
    _print(options, {"deleted": options.key})
    return 0


def _print(options: argparse.Namespace, values: dict[str, Any]) -> None:
    if options.json:
        print(json.dumps(values))
        return
    for name, value in values.items():
        print(f"{name:<17} {value}")
