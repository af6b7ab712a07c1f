"""A training of a second or two, for tests that only need it to have happened."""

from __future__ import annotations

import shutil

from ae_core.config import Config
from ae_core.store import Run, RunStore

SMALL = Config(train_size=512, encoder_widths=(16,), latent_dim=4, steps=5)


def copied(run: Run, store: RunStore) -> Run:
    """The same run in another store."""
    shutil.copytree(run.path, store.root / run.key)
    return store.open(run.key)
