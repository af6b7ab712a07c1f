"""A worker's process before its first training."""

from __future__ import annotations

import gc

from ae_core.training.export import pass_over_imports
from ae_core.workers.trainings import warm_up


def test_once_it_is_warm_looks_for_garbage_pass_over_what_was_imported_by_then() -> None:
    pass_over_imports.cache_clear()
    frozen, kept = gc.get_freeze_count(), [[] for _ in range(1000)]
    warm_up()
    first = gc.get_freeze_count()
    assert first >= frozen + len(kept)
    # What a training leaves is looked through as ever.
    kept += [[] for _ in range(1000)]
    warm_up()
    assert gc.get_freeze_count() < first + 1000
