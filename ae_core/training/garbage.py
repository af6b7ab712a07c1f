"""What a training leaves behind in its process, and how it goes."""

from __future__ import annotations

import gc
from contextlib import suppress

from tensorflow.python.eager.context import context
from tensorflow.python.framework.ops import gradient_registry

from ae_core.libraries import give_memory_back

REGISTERED = "CustomGradient-"
"""How TensorFlow names the gradients that it registers by itself."""


def collect_garbage(*, kernels: bool = True) -> None:
    """Let go of the graphs of networks that nobody trains any more, with their images, weights and moments.

    Args:
        kernels: whether to do so with what TensorFlow has made to run any function, which those in use then make anew.

    TensorFlow keeps two things for good, and has no public way to give them up. A function with a gradient of its own
    is registered anew in each graph that it comes into, and holds that graph; Keras's optimizers have one in each
    update. Nobody asks for it once the graph is built: all our gradients are taken from a tape, while it is. And each
    function that ran has its kernels in a cache.

    Measured, of each training of Quick start: 62 MB without this, 0.75 MB without the second, 0.05 MB with both.
    """
    # Private, so another version of TensorFlow may not have them: it would keep more, and work.
    with suppress(AttributeError):
        names = gradient_registry._registry
        for name in [name for name in names if name.startswith(REGISTERED)]:
            names.pop(name, None)
    # Graphs hold each other.
    gc.collect()
    if kernels:
        with suppress(AttributeError):
            context().clear_kernel_cache()
    give_memory_back()
