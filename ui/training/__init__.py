"""The form of hyperparameters, and a training as visitors see it."""
