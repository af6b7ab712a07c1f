"""What all workers of this machine have in common: imported once, in the process that each of them is forked from.

So a worker begins, or is replaced, within half a second instead of four, and what it imported is in memory once.
Nothing else imports this module. TensorFlow must not be awake here: its threads would be missing in the workers.
"""

from __future__ import annotations

import gc
import os
from contextlib import suppress

from ae_core.libraries import quiet_stderr

NICENESS = 5
"""Pages come first: whoever draws shall not feel that somebody else trains."""


def _preload() -> None:
    os.nice(NICENESS)
    # What cannot be imported here cannot be in a worker either, which has words for it.
    with suppress(Exception), quiet_stderr():
        from ae_core.training.imports import import_keras

        import_keras()
        import ae_core.training.train  # noqa: F401
    gc.freeze()


_preload()
