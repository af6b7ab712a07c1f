"""In how many bits a training multiplies, and which of these this machine is made for."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FLOAT32 = "float32"
MIXED = "mixed_bfloat16"
PRECISIONS = {FLOAT32: "float32", MIXED: "Mixed bfloat16"}
"""By Keras's names of them, as pages write them."""
UNITS = frozenset({"avx512_bf16", "amx_bf16"})
"""What Linux calls the instructions of Intel's and AMD's that multiply bfloat16; nobody has measured Arm's here."""
PROCESSOR = Path("/proc/cpuinfo")


@cache
def has_bfloat16() -> bool | None:
    """Whether this machine's processor says that it has units for bfloat16; None where it cannot be asked."""
    flags = _flags()
    return not UNITS.isdisjoint(flags) if flags else None


def usual_precision() -> str:
    """What a training has that names none: the fastest that keeps its quality, see docs/performance.md."""
    return MIXED if has_bfloat16() else FLOAT32


def precision_note(precision: str) -> str:
    """What to say to somebody who has chosen it on this machine; empty when there is nothing to say."""
    if precision == MIXED and has_bfloat16() is False:
        return "The processor here is not made for bfloat16: float32 is faster on it."
    return ""


def _flags() -> set[str]:
    """What the first processor has, as Linux names it on Intel's and AMD's; nothing elsewhere."""
    try:
        lines = PROCESSOR.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return set()
    listed = (line.partition(":")[2] for line in lines if line.startswith("flags"))
    return set(next(listed, "").split())
