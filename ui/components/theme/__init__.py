"""Has the page made anew when the visitor's theme changes."""
