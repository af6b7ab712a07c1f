"""What runs in the visitor's browser: a folder for each component, its script beside a thin typed wrapper."""

from ui.components.address.address import replace_address
from ui.components.arrival.arrival import arrival, lead_to
from ui.components.blend.blend import blend
from ui.components.canvas_tools.canvas_tools import canvas_tools
from ui.components.collection.collection import Collection, carry_collection
from ui.components.draw.draw import Checked, GuessShown, Settings, Shown, draw_figure
from ui.components.equation.equation import Term, equation
from ui.components.figure.figure import Digit, start_figure
from ui.components.map.map import Inverse, LinearInverse, MapView, Star, latent_map
from ui.components.network_carrier.network_carrier import Cargo, carry
from ui.components.payload import decoder_only
from ui.components.picture.picture import layer_picture
from ui.components.replay.replay import replay
from ui.components.rows.rows import digit_rows
from ui.components.samples.samples import Caption, Grid, SampleSet, samples
from ui.components.strips.strips import Strip, digit_strips
from ui.components.tab.tab import keep_in_tab
from ui.components.theme.theme import follow_theme
from ui.components.traverse.traverse import CodeStats, traverse

__all__ = [
    "Caption",
    "Cargo",
    "Checked",
    "CodeStats",
    "Collection",
    "Digit",
    "Grid",
    "GuessShown",
    "Inverse",
    "LinearInverse",
    "MapView",
    "SampleSet",
    "Settings",
    "Shown",
    "Star",
    "Strip",
    "Term",
    "arrival",
    "blend",
    "canvas_tools",
    "carry",
    "carry_collection",
    "decoder_only",
    "digit_rows",
    "digit_strips",
    "draw_figure",
    "equation",
    "follow_theme",
    "keep_in_tab",
    "latent_map",
    "layer_picture",
    "lead_to",
    "replace_address",
    "replay",
    "samples",
    "start_figure",
    "traverse",
]
