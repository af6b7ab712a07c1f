"""What a process imports before it trains for the first time, as light and as quick as it can be had."""

from __future__ import annotations

import gc
import logging
from functools import cache
from threading import Lock

from ae_core.libraries import without

_TURN = Lock()


def import_keras() -> None:
    """Import Keras, and TensorFlow with it, without scikit-learn, which it would import to wrap networks for it.

    Whoever may not be the only thread to need them calls it before other imports: two threads that came in by Keras and
    by TensorFlow would wait for each other, which Python ends by an error.

    Nor are looks for garbage taken, during the import, when there is none to find, and afterwards among all that it
    brought: a look after each training would take 0.4 s. Measured: 3.2 instead of 4.2 s of a core, 632 instead of
    692 MB.
    """
    with _TURN:
        _import()


@cache
def _import() -> None:
    collects = gc.isenabled()
    gc.disable()
    try:
        with without("sklearn"):
            import keras  # noqa: F401
    finally:
        if collects:
            gc.enable()
    # It warns of what is compiled again and again, as each new network is, in the terminal of whoever started the app.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    gc.freeze()
