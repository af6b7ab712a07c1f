"""What runs in the visitor's browser: small scripts (`*.js`), each with a thin typed wrapper here."""

from ui.live.arrival import arrival, lead_to
from ui.live.blend import blend
from ui.live.carrier import Cargo, carry
from ui.live.collection import Collection, carry_collection
from ui.live.draw import Checked, GuessShown, Settings, Shown, draw_figure
from ui.live.equation import Term, equation
from ui.live.figure import Digit, start_figure
from ui.live.map import Inverse, LinearInverse, Star, latent_map
from ui.live.payload import decoder_only
from ui.live.picture import layer_picture
from ui.live.replay import replay
from ui.live.rows import digit_rows
from ui.live.samples import Caption, Grid, SampleSet, samples
from ui.live.strips import Strip, digit_strips
from ui.live.tools import canvas_tools
from ui.live.traverse import CodeStats, traverse

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
    "latent_map",
    "layer_picture",
    "lead_to",
    "replay",
    "samples",
    "start_figure",
    "traverse",
]
