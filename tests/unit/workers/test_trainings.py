"""A worker's process before its first training."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

from ae_core.training.imports import import_keras
from ae_core.workers.trainings import warm_up

ROOT = Path(__file__).parents[3]


def test_once_it_is_warm_looks_for_garbage_pass_over_what_was_imported_by_then() -> None:
    import_keras.cache_clear()
    frozen, kept = gc.get_freeze_count(), [[] for _ in range(1000)]
    warm_up()
    first = gc.get_freeze_count()
    assert first >= frozen + len(kept)
    assert gc.isenabled()
    # What a training leaves is looked through as ever.
    kept += [[] for _ in range(1000)]
    warm_up()
    assert gc.get_freeze_count() < first + 1000


def test_a_warm_worker_has_no_scikit_learn_and_can_have_it_later() -> None:
    code = (
        "import sys; from ae_core.workers.trainings import warm_up; warm_up(); "
        "print('keras' in sys.modules, 'sklearn' in sys.modules); "
        "from ae_core.classification.shallow import *; from sklearn.linear_model import LogisticRegression"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "True False\n"
