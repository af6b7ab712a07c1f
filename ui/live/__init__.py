"""What runs in the visitor's browser: small scripts (`*.js`), each with a thin typed wrapper here."""

from ui.live.blend import blend
from ui.live.carrier import Cargo, carry
from ui.live.draw import Checked, Settings, Shown, draw_figure
from ui.live.figure import Digit, start_figure
from ui.live.payload import decoder_only
from ui.live.picture import layer_picture
from ui.live.rows import digit_rows
from ui.live.tools import canvas_tools

__all__ = [
    "Cargo",
    "Checked",
    "Digit",
    "Settings",
    "Shown",
    "blend",
    "canvas_tools",
    "carry",
    "decoder_only",
    "digit_rows",
    "draw_figure",
    "layer_picture",
    "start_figure",
]
