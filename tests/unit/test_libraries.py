"""Libraries that are kept from importing each other, and from hoarding memory."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import pytest

from ae_core.libraries import without

ROOT = Path(__file__).parents[2]
RESIDENT = """
import numpy, resource, sys
from ae_core.libraries import *
resident = lambda: int(open("/proc/self/statm").read().split()[1])""".lstrip()
"""Pages in memory, for a process of its own."""
MODULE = "colorsys"

of_gnu = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries cannot be told")


@pytest.fixture(autouse=True)
def not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, MODULE, raising=False)


def test_a_module_is_done_without_for_a_while() -> None:
    with without(MODULE), pytest.raises(ImportError, match="colorsys is done without"):
        import_module(MODULE)
    assert import_module(MODULE)


def test_other_threads_can_import_it_meanwhile() -> None:
    with without(MODULE), ThreadPoolExecutor(1) as other:
        assert other.submit(import_module, MODULE).result()


def test_what_is_imported_already_stays() -> None:
    known = import_module(MODULE)
    with without(MODULE):
        assert import_module(MODULE) is known


@of_gnu
def test_large_blocks_that_were_freed_between_others_are_given_back() -> None:
    code = (
        f"{RESIDENT}; sys.argv[1:] and spare_memory();"
        # By itself the library keeps what is smaller than the largest that was ever freed.
        "numpy.ones(2**21); before = resident();"
        "blocks = [numpy.ones(2**17) for _ in range(200)]; del blocks[::2]; print(resident() - before)"
    )
    kept, spared = (int(run(code, *arguments)) for arguments in ((), ("sparing",)))
    assert spared < 0.75 * kept


@of_gnu
def test_memory_that_is_asked_for_again_and_again_is_kept_meanwhile_and_given_back_afterwards() -> None:
    code = (
        f"{RESIDENT}; spare_memory();"
        "faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt;"
        # A megabyte each, as a step of a training asks for. A page is 4 KB at least.
        "ask = lambda: [numpy.ones(2**17) for _ in range(100)] and None\n"
        "def faults_of_asking():\n    ask(); before = faults(); ask(); return faults() - before\n"
        "at_first = faults_of_asking(); before = resident()\n"
        "with reused_memory():\n    with reused_memory(): pass\n"
        "    within = faults_of_asking(); kept = resident() - before\n"
        "print(at_first, within, faults_of_asking(), kept, resident() - before)"
    )
    at_first, within, after, kept, left = map(int, run(code).split())
    assert within < at_first / 10
    assert after > at_first / 2
    assert left < kept / 10


def run(code: str, *arguments: str) -> str:
    # Dask sets a threshold of its own for the processes that it starts, and with that for all of ours.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
