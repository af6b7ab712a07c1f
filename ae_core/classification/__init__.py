"""Classifiers on few labels: what a trained encoder is worth to each of them."""
