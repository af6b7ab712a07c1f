"""Libraries that are kept from importing each other."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import pytest

from ae_core.libraries import without

MODULE = "colorsys"


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
