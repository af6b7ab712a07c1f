"""The same test digits as each value of a sweep rebuilds them, row by row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ae_core.datasets.images import as_floats, preview_indices
from ae_core.evaluation.comparison import NONE
from ae_core.evaluation.metrics import squared_errors
from ae_core.runs.sweep import Sweep
from ui.components.strips.strips import Strip, digit_strips
from ui.shell.palette import colour
from ui.shell.server import data_for
from ui.sweeps.state import Trial


def show_digits(sweep: Sweep, trials: Sequence[Trial]) -> None:
    """A row of originals, and one for each of `trials`. Raises DataError or ConfigError."""
    # Which digits, and so which held-out images, is the same for all values.
    data = data_for(sweep.base)
    indices = preview_indices(data.test_labels, data.test.count)
    originals, labels = data.test_pixels[indices], data.test_labels
    names = [f"no. {index}" if labels is None else data.class_names[labels[index]] for index in indices]
    st.markdown("**The same test digits, rebuilt**")
    digit_strips(
        key=f"sweep_digits_{sweep.key}",
        strips=[Strip("Original", originals, names), *(_strip(trial, originals) for trial in trials)],
    )
    st.caption("Below each: the mean squared error per pixel.")


def _strip(trial: Trial, originals: NDArray[np.uint8]) -> Strip:
    kept = trial.preview()
    if kept is None or kept[1].shape != originals.shape:
        # Black, so that nothing moves when they come.
        return Strip(trial.label, np.zeros_like(originals), [NONE] * len(originals), colour("held-out"))
    errors = [f"{error:.4f}" for error in squared_errors(as_floats(originals), as_floats(kept[1]))]
    return Strip(trial.label, kept[1], errors, colour("held-out"))
