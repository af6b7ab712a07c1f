"""The Python side of the browser's parts: joining modules, packing data, refusing wrong shapes."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ae_core.config.config import Config
from ae_core.config.layers import plan_layers
from ui.live.figure import Digit, figure_data
from ui.live.modules import join_modules
from ui.live.payload import decoder_only, fingerprint, image_bytes, layer_values, pack
from ui.live.rows import rows_data
from ui.live.strips import Strip, strips_data

PLAN = plan_layers(Config(encoder_widths=(3,), latent_dim=2))
IMAGE = np.arange(784, dtype=np.uint8).reshape(28, 28)
CODE = np.array([0.5, -1.0], dtype=np.float32)
WEIGHTS = np.arange(20, dtype="<f4").tobytes()
NETWORK: dict[str, Any] = {
    "schema": 1,
    "encoder": [{"kind": "dense", "shape": [2], "activation": "linear", "kernel": [0, 6], "bias": [6, 2]}],
    "decoder": [
        {"kind": "dense", "shape": [3], "activation": "relu", "kernel": [8, 6], "bias": [17, 3]},
        {"kind": "reshape", "shape": [1, 3], "activation": "linear"},
    ],
}


def unpack(block: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """What unpack.js does."""
    (length,) = struct.unpack_from("<I", block)
    header = json.loads(block[4 : 4 + length])
    body = block[4 + length :]
    return header, {name: body[start : start + count] for name, (start, count) in header["blobs"].items()}


def figure(**changes: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
    arguments = {
        "digits": [Digit(IMAGE, "7", CODE)],
        "encoder_layers": PLAN.encoder,
        "decoder_layers": PLAN.decoder,
        "network": NETWORK,
        "weights": WEIGHTS,
    }
    return unpack(figure_data(**(arguments | changes)))


def write_modules(folder: Path, **sources: str) -> Path:
    for name, source in sources.items():
        (folder / f"{name}.js").write_text(source, encoding="utf-8")
    return folder


def test_a_module_that_two_others_import_is_joined_once(tmp_path: Path) -> None:
    folder = write_modules(
        tmp_path,
        entry='import { b } from "./b.js";\nimport { c } from "./c.js";\nexport default function () { b(c); }\n',
        b='import { c } from "./c.js";\nexport function b() { return c; }\n',
        c="export const c = 1;\n",
    )
    joined = join_modules("entry", folder)
    assert joined.count("const $c = ") == 1
    assert joined.index("const $c = ") < joined.index("const $b = ") < joined.index("export default")


def test_joined_modules_keep_no_import_and_no_export_but_the_default() -> None:
    for entry in ("figure", "rows", "picture"):
        lines = join_modules(entry).splitlines()
        assert not [line for line in lines if line.startswith("import ")]
        assert [line for line in lines if line.startswith("export ")] == [
            "export default function ({ data, parentElement }) {"
        ]


def test_joined_modules_keep_no_comments(tmp_path: Path) -> None:
    folder = write_modules(tmp_path, entry="// why\n/**\n * what\n */\nexport default function () {}\n")
    assert join_modules("entry", folder) == "export default function () {}\n"


def test_an_import_of_another_form_is_refused(tmp_path: Path) -> None:
    folder = write_modules(tmp_path, entry='import all from "./b.js";\n')
    with pytest.raises(ValueError, match=r'Received: import all from "\./b\.js";'):
        join_modules("entry", folder)


def test_modules_that_import_in_a_circle_are_refused(tmp_path: Path) -> None:
    folder = write_modules(
        tmp_path,
        entry='import { a } from "./a.js";\n',
        a='import { b } from "./b.js";\nexport const a = 1;\n',
        b='import { a } from "./a.js";\nexport const b = 1;\n',
    )
    with pytest.raises(ValueError, match="Received: entry -> a -> b -> a"):
        join_modules("entry", folder)


def test_packed_arrays_start_where_floats_may_start() -> None:
    block = pack({"word": "é"}, {"odd": b"abc", "floats": CODE.tobytes()})
    header, blobs = unpack(block)
    assert len(block) % 4 == (len(block) - len(CODE.tobytes())) % 4 == 0
    assert header["blobs"]["floats"][0] % 4 == 0
    assert (header["word"], blobs["odd"], blobs["floats"]) == ("é", b"abc", CODE.tobytes())


def test_a_fingerprint_tells_where_one_part_ends() -> None:
    assert fingerprint(b"ab", b"c") != fingerprint(b"a", b"bc")


def test_decoder_only_keeps_the_decoders_weights_and_moves_its_offsets() -> None:
    network, weights = decoder_only(NETWORK, WEIGHTS)
    dense, reshape = network["decoder"]
    assert network["encoder"] == []
    assert (dense["kernel"], dense["bias"]) == ([0, 6], [6, 3])
    assert np.frombuffer(weights, "<f4").tolist() == [8, 9, 10, 11, 12, 13, 17, 18, 19]
    assert reshape == NETWORK["decoder"][1]
    assert NETWORK["decoder"][0]["kernel"] == [8, 6]


def test_decoder_only_refuses_weights_that_are_too_short() -> None:
    with pytest.raises(ValueError, match=r"The bias of a dense layer must lie within 19 floats\. Received: 3 from 17"):
        decoder_only(NETWORK, WEIGHTS[:-4])


def test_layers_for_drawing_have_no_dropout_and_speak_plainly() -> None:
    layers = layer_values(plan_layers(Config(encoder_widths=(512, 256), hidden_activation="relu", dropout=0.5)).encoder)
    assert [layer["kind"] for layer in layers] == ["flatten", "dense", "dense", "dense"]
    assert layers[1]["activation"] == "ReLU"
    assert layers[1]["params"] == 785 * 512


def test_a_figure_whose_digits_have_codes_gets_the_decoder_alone() -> None:
    header, blobs = figure()
    assert header["network"]["encoder"] == []
    assert len(blobs["weights"]) == 9 * 4
    assert np.frombuffer(blobs["codes"], "<f4").tolist() == CODE.tolist()
    assert blobs["images"] == IMAGE.tobytes()


def test_a_figure_whose_digits_have_no_codes_gets_the_encoder_too() -> None:
    header, blobs = figure(digits=[Digit(IMAGE, "7")])
    assert header["network"] == NETWORK
    assert blobs["weights"] == WEIGHTS
    assert "codes" not in blobs


def test_a_figure_without_a_network_gets_reconstructions_and_status() -> None:
    digits = [Digit(IMAGE, "7"), Digit(IMAGE, "2", reconstruction=IMAGE.T.copy())]
    header, blobs = figure(digits=digits, network=None, weights=None, status="Step 3")
    assert (header["network"], header["status"], header["reconstructed"]) == (None, "Step 3", [1])
    assert blobs["reconstructions"] == IMAGE.T.tobytes()


def test_a_changed_weight_changes_the_models_name_and_a_changed_status_does_not() -> None:
    other = bytearray(WEIGHTS)
    other[40] ^= 1
    name = figure()[0]["model"]
    assert figure(weights=bytes(other))[0]["model"] != name
    assert figure(digits=[Digit(IMAGE, "1", CODE)])[0]["model"] != name
    assert figure(status="Done")[0]["model"] == name


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"digits": []}, "digits must hold at least one digit. Received: none."),
        ({"weights": None}, "weights must come with network. Received: None."),
        ({"digits": [Digit(IMAGE[:5], "7", CODE)]}, r"must be uint8 of shape \(n, 28, 28\). Received: uint8 of shape"),
        ({"digits": [Digit(IMAGE, "7", CODE[:1])]}, r"code must be of shape \(2,\). Received: \(1,\)."),
        (
            {"digits": [Digit(IMAGE, "7")], "network": NETWORK | {"encoder": []}},
            "Every digit must have a code when network has no encoder. Received: 0 of 1.",
        ),
    ],
)
def test_a_figure_refuses_what_it_cannot_show(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        figure(**changes)


def test_images_must_be_bytes() -> None:
    with pytest.raises(ValueError, match=r"originals must be uint8 .* Received: float64 of shape \(1, 28, 28\)"):
        image_bytes(np.zeros((1, 28, 28)), name="originals")


def test_rows_carry_both_images_and_their_captions() -> None:
    images = np.stack([IMAGE, IMAGE])
    header, blobs = unpack(rows_data(images, images, ["7", "2"], ["0.004", "0.010"]))
    assert (header["labels"], header["captions"]) == (["7", "2"], ["0.004", "0.010"])
    assert blobs["originals"] == blobs["reconstructions"] == images.tobytes()


def test_rows_of_different_lengths_are_refused() -> None:
    images = np.stack([IMAGE, IMAGE])
    with pytest.raises(ValueError, match=r"must be equally many\. Received: 2, 2, 1 and no\."):
        rows_data(images, images, ["7"], None)


def test_strips_carry_their_images_captions_and_colours() -> None:
    pair = np.stack([IMAGE, 255 - IMAGE])
    header, blobs = unpack(
        strips_data([Strip("Original", pair, ["7", "8"]), Strip("A", pair[::-1], ["a", "b"], "#123456")])
    )
    assert header["strips"] == [
        {"name": "Original", "color": "", "captions": ["7", "8"]},
        {"name": "A", "color": "#123456", "captions": ["a", "b"]},
    ]
    assert blobs["0"] == pair.tobytes()
    assert blobs["1"] == pair[::-1].tobytes()


def test_strips_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"equally many images and captions\. Received: \[1, 2\]"):
        strips_data([Strip("A", IMAGE[None], ["1"]), Strip("B", np.stack([IMAGE, IMAGE]), ["1", "2"])])
