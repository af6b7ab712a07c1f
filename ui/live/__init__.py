"""What runs in the visitor's browser: small scripts (`*.js`), each with a thin typed wrapper here."""

from ui.live.figure import Digit, start_figure
from ui.live.payload import decoder_only
from ui.live.picture import layer_picture
from ui.live.rows import digit_rows

__all__ = ["Digit", "decoder_only", "digit_rows", "layer_picture", "start_figure"]
