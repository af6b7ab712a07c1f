"""The hyperparameter form: what it says of wrong values, what presets do to it, and what stands in the address."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ae_core.config import precision
from ae_core.config.config import Config
from ae_core.config.hyperparameters import FIELDS
from ae_core.config.presets import CATALOGUE, PRESETS
from ae_core.runs.run import State, Status
from ae_core.runs.store import RunStore
from tests.app.fake_jobs import FakeJobs
from tests.app.tab import Tab
from tests.small import SMALL

WRONG = {
    "encoder_widths": ("512-", "0", "3000", "1-1-1-1-1-1-1", "wide", ""),
    "decoder_widths": ("2049", "-5", "mirror"),
    "learning_rate": ("", "0", "11", "nan", "fast", "0,001"),
    "weight_l2": ("-0.1", "2"),
    "code_l1": ("1.5",),
    "dropout": ("0.95", "half"),
    "input_noise": ("2.1",),
    "train_size": ("15", "60001", "every", "12.5"),
}
CONDITIONAL = {
    "filters": ({"architecture": "conv"}, ("none", "257", "1-1-1-1-1")),
    "momentum": ({"optimizer": "sgd"}, ("1", "")),
    "weight_decay": ({"optimizer": "adamw"}, ("-1", "1e9")),
}
CASES = [(name, text, {}) for name, texts in WRONG.items() for text in texts]
CASES += [(name, text, settings) for name, (settings, texts) in CONDITIONAL.items() for text in texts]


def below(tab: Tab, field: str) -> list[str]:
    """Errors in the same column as the field's widget."""
    return [
        error.value
        for column in tab.columns
        if any(getattr(child, "key", None) == f"set_{field}" for child in column.children.values())
        for error in column.error
    ]


@pytest.mark.parametrize(("field", "text", "settings"), CASES)
def test_a_wrong_value_is_explained_at_its_field_and_cannot_be_trained(
    tab: Tab, field: str, text: str, settings: dict[str, str]
) -> None:
    tab.open("train", seed="7", **settings)
    tab.text_input(key=f"set_{field}").set_value(text).run()
    (message,) = below(tab, field)
    assert message.startswith(f"{FIELDS[field].label} must be ")
    assert f"Received: {text or repr(text)}" in message
    assert [error.value for error in tab.error if error.value.startswith("Some settings need mending")]
    assert tab.button(key="train").disabled
    assert tab.number_input(key="set_seed").value == 7


@pytest.mark.parametrize(("field", "number"), [("latent_dim", 0), ("latent_dim", 300), ("steps", 10**9)])
def test_a_number_out_of_range_is_explained_at_its_field(tab: Tab, field: str, number: int) -> None:
    tab.open("train")
    tab.number_input(key=f"set_{field}").set_value(number).run()
    (message,) = below(tab, field)
    assert message.startswith(f"{FIELDS[field].label} must be a whole number from ")
    assert message.endswith(f"Received: {number}.")
    assert tab.button(key="train").disabled


def test_a_mended_value_can_be_trained_again(tab: Tab, jobs: FakeJobs) -> None:
    tab.open("train", **SMALL.to_text())
    tab.text_input(key="set_learning_rate").set_value("fast").run()
    tab.text_input(key="set_learning_rate").set_value("0.5").run()
    assert not tab.error
    tab.button(key="train").click().run()
    assert jobs.trained == [replace(SMALL, learning_rate=0.5)]


def test_each_wrong_value_has_a_message_of_its_own(tab: Tab) -> None:
    tab.open("train")
    tab.text_input(key="set_dropout").set_value("2")
    tab.text_input(key="set_code_l1").set_value("-1").run()
    assert len(below(tab, "dropout")) == len(below(tab, "code_l1")) == 1


def test_cross_entropy_with_a_relu_output_is_explained_at_the_output(tab: Tab) -> None:
    tab.open("train")
    tab.selectbox(key="set_output_activation").set_value("relu").run()
    (message,) = below(tab, "output_activation")
    assert message.startswith("Output activation must be sigmoid when loss is bce")
    assert tab.button(key="train").disabled


def test_a_convolutional_network_has_filters_in_place_of_widths(tab: Tab) -> None:
    tab.open("train")
    assert {"set_encoder_widths", "set_decoder_widths"} <= keys(tab)
    assert "set_filters" not in keys(tab)
    tab.selectbox(key="set_architecture").set_value("conv").run()
    assert "set_filters" in keys(tab)
    assert not {"set_encoder_widths", "set_decoder_widths"} & keys(tab)


@pytest.mark.parametrize("output", ["leaky_relu", "tanh"])
def test_an_output_that_goes_below_zero_goes_with_squared_error(tab: Tab, jobs: FakeJobs, output: str) -> None:
    tab.open("train")
    tab.selectbox(key="set_output_activation").set_value(output).run()
    assert below(tab, "output_activation")
    tab.selectbox(key="set_loss").set_value("mse").run()
    assert not tab.error
    tab.button(key="train").click().run()
    assert jobs.trained == [Config(loss="mse", output_activation=output)]


@pytest.mark.parametrize(("optimizer", "shown"), [("sgd", "momentum"), ("adamw", "weight_decay"), ("adam", None)])
def test_an_optimizer_shows_the_settings_that_it_uses(tab: Tab, optimizer: str, shown: str | None) -> None:
    tab.open("train")
    tab.selectbox(key="set_optimizer").set_value(optimizer).run()
    assert {"momentum", "weight_decay"} & {key.removeprefix("set_") for key in keys(tab)} == {shown} - {None}


def test_on_a_processor_without_bfloat16_it_is_said_that_float32_is_faster(
    tab: Tab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "has_bfloat16", lambda: False)
    tab.open("train", precision=precision.FLOAT32)
    assert not [caption for caption in tab.caption if "bfloat16" in caption.value]
    tab.selectbox(key="set_precision").set_value(precision.MIXED).run()
    assert [caption.value for caption in tab.caption if "bfloat16" in caption.value] == [
        "The processor here is not made for bfloat16: float32 is faster on it."
    ]
    assert not tab.error


@pytest.mark.parametrize("chosen", precision.PRECISIONS)
def test_a_preset_is_the_same_one_in_either_precision(tab: Tab, chosen: str) -> None:
    tab.open("train", precision=chosen)
    assert tab.selectbox(key="preset").value == "quick-start"


@pytest.mark.parametrize("chosen", precision.PRECISIONS)
def test_a_precision_is_in_the_address_where_it_is_not_the_usual_one(tab: Tab, chosen: str) -> None:
    tab.open("train")
    tab.selectbox(key="set_precision").set_value(chosen).run()
    unusual = chosen if chosen != precision.usual_precision() else None
    assert tab.query_params.get("precision") == unusual


def test_a_field_that_is_hidden_for_a_while_keeps_its_value(tab: Tab) -> None:
    tab.open("train")
    tab.text_input(key="set_encoder_widths").set_value("100-50").run()
    tab.selectbox(key="set_architecture").set_value("conv").run()
    tab.selectbox(key="set_architecture").set_value("dense").run()
    assert tab.text_input(key="set_encoder_widths").value == "100-50"


def test_settings_are_still_there_after_a_visit_to_another_page(tab: Tab) -> None:
    tab.open("train")
    tab.number_input(key="set_latent_dim").set_value(7)
    tab.text_input(key="set_encoder_widths").set_value("100-50").run()
    tab.open("start")
    tab.open("train")
    assert tab.number_input(key="set_latent_dim").value == 7
    assert tab.query_params == {"latent_dim": "7", "encoder_widths": "100-50"}


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_fills_the_form_and_its_address_brings_it_back(tab: Tab, jobs: FakeJobs, name: str) -> None:
    tab.open("train", **SMALL.to_text())
    tab.selectbox(key="preset").set_value(name).run()
    assert tab.caption[0].value == CATALOGUE[name].text
    assert tab.query_params == PRESETS[name].to_text()
    other = Tab().open("train", **tab.query_params)
    other.button(key="train").click().run()
    assert [config.key for config in jobs.trained] == [PRESETS[name].key]


@pytest.mark.parametrize("name", PRESETS)
def test_a_link_may_name_a_preset_and_change_it(tab: Tab, name: str) -> None:
    tab.open("train", preset=name, seed="5")
    assert tab.query_params == replace(PRESETS[name], seed=5).to_text()
    assert tab.selectbox(key="preset").value == "custom"


@pytest.mark.parametrize(
    "config",
    [
        Config(classes=(0, 7), train_size=100),
        Config(encoder_widths=(), decoder_widths=(20, 30)),
        Config(architecture="conv", filters=(8,)),
        Config(optimizer="sgd", momentum=0.5, learning_rate=1e-7),
        Config(loss="mse", output_activation="linear", dropout=0.25, input_noise=2),
    ],
    ids=lambda config: "&".join(config.to_text()),
)
def test_an_address_is_read_as_it_was_written(tab: Tab, jobs: FakeJobs, config: Config) -> None:
    tab.open("train", **config.to_text())
    assert not tab.warning
    assert tab.query_params == config.to_text()
    tab.button(key="train").click().run()
    assert jobs.trained == [config]


def test_nonsense_in_a_link_gives_one_warning_and_the_rest_is_kept(tab: Tab) -> None:
    tab.open("train", steps="77", latent_dim="many", colour="blue", preset="best", optimizer="sgd")
    (warning,) = tab.warning
    assert [line for line in warning.value.splitlines() if line.startswith("- ")] == [
        "- There is no preset “best”. Quick start is chosen instead: choose another one in the list.",
        "- Latent dimensions must be a whole number from 1 to 256. Received: many.",
        "- There is no setting “colour”; it is left out.",
    ]
    assert tab.query_params == {"steps": "77", "optimizer": "sgd"}
    assert not tab.button(key="train").disabled


def test_what_was_wrong_with_a_link_is_said_until_something_else_is_chosen(tab: Tab) -> None:
    tab.open("train", preset="nonsense")
    tab.run()
    assert len(tab.warning) == 1
    tab.selectbox(key="preset").set_value("linear").run()
    assert not tab.warning


def test_a_link_to_a_preset_is_followed_also_by_who_was_here_before(tab: Tab) -> None:
    tab.open("train", steps="77")
    tab.open("draw")
    tab.open("train", preset="denoising")
    assert tab.selectbox(key="preset").value == "denoising"
    tab.number_input(key="set_steps").set_value(5).run()
    assert tab.number_input(key="set_steps").value == 5


@pytest.mark.parametrize("state", ["finished", "paused"])
def test_a_run_is_opened_by_its_key(tab: Tab, store: RunStore, state: State) -> None:
    config = replace(SMALL, dropout=0.25)
    store.create(config).write_status(Status(state, step=3, steps=5))
    tab.open("train", run=config.key)
    assert not tab.warning
    assert tab.query_params == config.to_text()
    assert tab.text_input(key="set_dropout").value == "0.25"
    assert tab.button(key="longer" if state == "finished" else "resume")


def test_a_run_is_opened_also_by_who_was_here_before(tab: Tab, store: RunStore) -> None:
    store.create(SMALL)
    tab.open("train", steps="77")
    tab.open("runs")
    tab.open("train", run=SMALL.key)
    assert tab.number_input(key="set_steps").value == SMALL.steps
    tab.number_input(key="set_steps").set_value(6).run()
    assert tab.number_input(key="set_steps").value == 6


@pytest.mark.parametrize("key", ["0123456789ab", "../../etc", "x" * 500])
def test_a_key_that_no_run_has_is_told_and_usual_settings_shown(tab: Tab, key: str) -> None:
    tab.open("train", run=key)
    (warning,) = tab.warning
    assert f"The address must name a run of this server. Received: {key[:40]}, which none" in warning.value
    assert "Quick start is chosen instead" in warning.value
    assert tab.query_params == {}


def test_a_damaged_run_is_told_and_usual_settings_shown(tab: Tab, store: RunStore) -> None:
    (store.create(SMALL).path / "config.json").write_text("{", encoding="utf-8")
    tab.open("train", run=SMALL.key)
    assert "config.json cannot be read" in tab.warning[0].value
    assert tab.selectbox(key="preset").value == "quick-start"


def test_a_run_whose_images_are_gone_is_told_and_mnist_shown(tab: Tab, store: RunStore) -> None:
    config = replace(SMALL, dataset="images-0123456789ab", classes=())
    store.create(config).write_status(Status("finished", step=5, steps=5))
    tab.open("train", run=config.key)
    (warning,) = tab.warning
    assert "Received: images-0123456789ab" in warning.value
    assert tab.selectbox(key="set_dataset").value == "mnist"


@pytest.mark.parametrize("dataset", ["fashion_mnist", "images-0123456789ab", "cats", "../mnist"])
def test_a_link_to_images_that_are_not_here_falls_back_to_mnist(tab: Tab, dataset: str) -> None:
    tab.open("train", dataset=dataset, steps="77")
    (warning,) = tab.warning
    assert "Received: " in warning.value or "not here yet" in warning.value
    assert tab.selectbox(key="set_dataset").value == "mnist"
    assert tab.query_params == {"steps": "77"}


def test_two_settings_that_do_not_go_together_are_kept_from_a_link_and_explained(tab: Tab) -> None:
    tab.open("train", output_activation="relu", steps="77")
    assert tab.selectbox(key="set_output_activation").value == "relu"
    assert below(tab, "output_activation")
    assert tab.number_input(key="set_steps").value == 77


def test_a_link_keeps_the_run_that_it_continues(tab: Tab) -> None:
    tab.open("train", continues="0123456789ab")
    assert tab.query_params == {"continues": "0123456789ab"}


def keys(tab: Tab) -> set[str]:
    widgets = (*tab.text_input, *tab.number_input, *tab.selectbox, *tab.multiselect)
    return {str(widget.key) for widget in widgets}
