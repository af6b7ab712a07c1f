"""What runs in the visitor's browser: a folder for each component, its script beside a thin typed wrapper."""
