"""Which precision a training has by itself: what the processor says decides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ae_core.config import precision
from ae_core.config.config import Config
from ae_core.config.precision import FLOAT32, MIXED, PRECISIONS, has_bfloat16, precision_note, usual_precision

INTEL = "processor\t: 0\nmodel name\t: Intel(R) Xeon(R)\nflags\t\t: fpu avx512f avx512_bf16 amx_tile\nbogomips\t: 1\n"
ARM = "processor\t: 0\nBogoMIPS\t: 2100.00\nFeatures\t: fp asimd i8mm bf16 dgh\n"
MATRICES = INTEL.replace("avx512_bf16", "amx_bf16")
OLDER = INTEL.replace("avx512_bf16 ", "")


@pytest.fixture
def processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where this machine is now looked for; there is none yet."""
    monkeypatch.setattr(precision, "PROCESSOR", tmp_path / "cpuinfo")
    has_bfloat16.cache_clear()
    yield tmp_path / "cpuinfo"
    has_bfloat16.cache_clear()


@pytest.mark.parametrize(
    ("text", "usual"),
    [
        (INTEL, MIXED),
        (MATRICES, MIXED),
        (ARM, FLOAT32),
        (OLDER, FLOAT32),
        ("", FLOAT32),
    ],
)
def test_the_processor_is_asked_for_its_units(text: str, usual: str, processor: Path) -> None:
    processor.write_text(text)
    assert usual_precision() == usual


def test_a_unit_that_is_named_elsewhere_does_not_count(processor: Path) -> None:
    processor.write_text(OLDER.replace("Xeon(R)", "Xeon(R) bf16"))
    assert usual_precision() == FLOAT32


def test_a_machine_that_cannot_be_asked_trains_in_float32(processor: Path) -> None:
    assert not processor.exists()
    assert usual_precision() == FLOAT32


@pytest.mark.parametrize("text", [INTEL, OLDER])
def test_a_config_that_names_none_has_the_one_that_suits_this_machine(text: str, processor: Path) -> None:
    processor.write_text(text)
    assert Config().precision == usual_precision() == (MIXED if text == INTEL else FLOAT32)


def test_a_run_of_before_was_trained_in_float32() -> None:
    values = Config(precision=MIXED).to_json()
    del values["precision"]
    assert Config.from_json(values) == Config(precision=FLOAT32)


@pytest.mark.parametrize(("text", "remarked"), [(INTEL, []), (OLDER, [MIXED]), (ARM, []), ("", [])])
def test_it_is_said_where_another_precision_would_be_faster(text: str, remarked: list[str], processor: Path) -> None:
    processor.write_text(text)
    assert [name for name in PRECISIONS if precision_note(name)] == remarked
