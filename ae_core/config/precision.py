"""In how many bits a training multiplies, and which of these this machine is made for."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FLOAT32 = "float32"
MIXED = "mixed_bfloat16"
PRECISIONS = {FLOAT32: "float32", MIXED: "Mixed bfloat16"}
"""By Keras's names of them, as pages write them."""
UNITS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})
"""What Linux calls instructions that multiply bfloat16: two of Intel's and AMD's processors, one of Arm's."""
PROCESSOR = Path("/proc/cpuinfo")


@cache
def has_bfloat16() -> bool:
    """Whether this machine's processor says that it has units for bfloat16; False where it cannot be asked."""
    return not UNITS.isdisjoint(_flags())


def usual_precision() -> str:
    """What a training has that names none: the fastest that keeps its quality, see docs/performance.md."""
    return MIXED if has_bfloat16() else FLOAT32


def precision_note(precision: str) -> str:
    """What to say to somebody who has chosen it on this machine; empty when there is nothing to say."""
    if precision == MIXED and not has_bfloat16():
        return "This processor is not made for bfloat16: float32 is faster here."
    return ""


def _flags() -> set[str]:
    """What the first processor has, as Linux names it; nothing on other systems."""
    try:
        lines = PROCESSOR.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return set()
    # "flags" of Intel's and AMD's, "Features" of Arm's.
    listed = (line.partition(":")[2] for line in lines if line.lower().startswith(("flags", "features")))
    return set(next(listed, "").split())
