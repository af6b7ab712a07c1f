"""Networks for the browser to keep."""
