"""From a `Config` to a trained run, in TensorFlow."""
