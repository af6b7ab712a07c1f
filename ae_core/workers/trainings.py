"""What the workers do for `jobs`. Each function runs in a worker's process, where TensorFlow may be imported."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from distributed import Event, get_worker, secede

from ae_core.codecs.pca import make_baseline
from ae_core.config.config import Config
from ae_core.config.layers import IMAGE_SHAPE
from ae_core.datasets.dataset import load_dataset
from ae_core.evaluation.precision_recall import Judge, judge_path
from ae_core.quiet import quiet_stderr
from ae_core.runs.history import HeldOut, History, Progress, Request
from ae_core.runs.lock import STALE_SECONDS, BusyError, is_held_here
from ae_core.runs.store import RunStore

if TYPE_CHECKING:
    pass

TOPIC = "bottleneck-progress"
PICTURES = ("reconstructions", "training_reconstructions")


def event_name(key: str, request: Request) -> str:
    """Name of the Dask event by which the run `key` is asked to pause or to stop."""
    return f"bottleneck-{request}-{key}"


def train_run(config: Config, root: Path) -> str:
    """Train `config` in the runs folder `root`, telling Dask of it as it goes; returns its key."""
    with quiet_stderr():
        from ae_core.training.train import train

    worker = get_worker()
    key = config.key
    worker.log_event(TOPIC, {"key": key})
    # Whoever asks for both wants it to end.
    requests: tuple[Request, ...] = ("stop", "pause")
    asked = {request: Event(event_name(key, request)) for request in requests}

    def should_stop() -> Request | None:
        return next((request for request, event in asked.items() if event.is_set()), None)

    def report(progress: Progress) -> None:
        worker.log_event(TOPIC, {"key": key, "progress": pack(progress)})

    store, patience = RunStore(root), time.monotonic() + STALE_SECONDS + 1
    while True:
        try:
            train(config, store=store, report=report, should_stop=should_stop)
            return key
        except BusyError:
            # The lock of a machine that went down counts as held until it is stale.
            if is_held_here(store.root / key) or time.monotonic() > patience:
                raise
            time.sleep(1)


def warm_up() -> None:
    """Do what the first training would have to wait for."""
    with quiet_stderr():
        from ae_core.training.loop import wake_devices

        wake_devices()


def fit_baseline(config: Config, root: Path) -> None:
    """Fit the PCA that `config` is compared with, in a worker."""
    # Beside the training that it belongs to, not before it.
    secede()
    make_baseline(config, RunStore(root))


def fit_judge(dataset: str, root: Path) -> None:
    """Train the classifier of a dataset with labels and keep it at `judge_path`."""
    secede()
    images = load_dataset(dataset, folder=root / "datasets")
    assert images.train_labels is not None
    Judge.fit(images.train_pixels, images.train_labels).save(judge_path(RunStore(root), dataset))


def fetch_fashion(root: Path) -> None:
    """Fetch Fashion-MNIST into the datasets folder of the runs folder `root`."""
    from ae_core.datasets.fashion_mnist import fetch_fashion_mnist

    # It waits for the network, and no training should wait with it.
    secede()
    fetch_fashion_mnist(root / "datasets")


def pack(progress: Progress) -> dict[str, Any]:
    """A `Progress` as values that Dask can send as an event."""
    pixels = {name: getattr(progress, name).tobytes() for name in PICTURES}
    return {**vars(progress), "history": progress.history.to_json(), **pixels}


def unpack(values: dict[str, Any]) -> Progress:
    """The opposite of `pack`."""
    pixels = {name: np.frombuffer(values[name], np.uint8).reshape(-1, *IMAGE_SHAPE) for name in PICTURES}
    history, held_out = History.from_json(values["history"]), HeldOut(*values["held_out"])
    return Progress(**{**values, "history": history, "held_out": held_out, **pixels})
