"""What determines a training: the hyperparameters, presets of them, and the layers they stand for."""
