"""The same networks as others train them: plain Keras, PyTorch, JAX, and the bare products of a step."""
