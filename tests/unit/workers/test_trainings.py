"""A worker's process before its first training."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

from ae_core.runs.store import RunStore
from ae_core.training import imports
from ae_core.workers.trainings import warm_up

ROOT = Path(__file__).parents[3]
AT_ONCE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

from ae_core.config.config import Config
from ae_core.workers.trainings import Training, warm_up

training = Training(Config(train_size=64, encoder_widths=(4,), steps=2))
training.begin(Path(sys.argv[1]))
channel = SimpleNamespace(report=lambda _: None, asked=lambda: None)
with ThreadPoolExecutor(2) as threads:
    for done in [threads.submit(warm_up), threads.submit(training.do, Path(sys.argv[1]), channel)]:
        done.result()
"""


def test_once_it_is_warm_looks_for_garbage_pass_over_what_was_imported_by_then() -> None:
    imports._import.cache_clear()
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


def test_a_training_that_is_asked_for_while_the_worker_warms_up_waits_for_what_that_imports(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", AT_ONCE, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [run.status.state for run in RunStore(tmp_path).runs()] == ["finished"]
