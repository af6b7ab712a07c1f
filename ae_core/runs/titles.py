"""What a run without a name of its own is called: its settings, and the value that a sweep gave it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ae_core.config.config import Config
from ae_core.config.hyperparameters import FIELDS
from ae_core.config.presets import PRESETS, setting_words
from ae_core.runs.names import read_name, title_with_data
from ae_core.runs.sweep_store import KeptSweep, SweepStore


def unnamed_title(config: Config, root: Path) -> str:
    """Settings in a few words; of a run that a sweep has trained, the sweep's name and the value that it stands for.

    Args:
        root: the runs folder. A sweep that nobody named is called as the run that it varies.
    """
    datasets = root / "datasets"
    title = title_with_data(config, datasets)
    kept = _swept(root, _stamp(root)).get(config.key)
    if kept is None or kept.sweep is None or any(preset.key == config.key for preset in PRESETS.values()):
        return title
    base, value = kept.sweep.base, setting_words(config, kept.sweep.field)
    name = kept.name or (read_name(root / base.key / "name.txt") if base.key != config.key else "")
    if name:
        return f"{name}, {value}"
    # The one in which the swept setting does not stand.
    untold = title == title_with_data(base, datasets) and value not in title.split(", ")
    return f"{title}, {value}" if untold else title


def sweep_title(kept: KeptSweep, root: Path) -> str:
    """What a list of sweeps calls one: its name, else the run that it varies, and the values."""
    if kept.sweep is None:
        return f"Sweep {kept.key}, damaged"
    sweep = kept.sweep
    base = read_name(root / sweep.base.key / "name.txt") or title_with_data(sweep.base, root / "datasets")
    values = ", ".join(sweep.labels)
    return f"{kept.name or base}: {FIELDS[sweep.field].named(values)}"


def _stamp(root: Path) -> tuple[tuple[str, int, int], ...]:
    """Another one whenever a sweep is started, named or deleted."""
    found = []
    for path in SweepStore(root).folder.glob("*.json"):
        try:
            stat = path.stat()
        except OSError:
            # Deleted since it was listed.
            continue
        found.append((path.name, stat.st_mtime_ns, stat.st_size))
    return tuple(sorted(found))


@lru_cache(maxsize=8)
def _swept(root: Path, stamp: tuple[tuple[str, int, int], ...]) -> dict[str, KeptSweep]:
    """The sweep of each run's key, the one that was started last."""
    kept = reversed(SweepStore(root).listed()) if stamp else ()
    return {config.key: one for one in kept if one.sweep for config in one.sweep.configs}
