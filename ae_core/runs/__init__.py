"""What was trained: a folder a run, with its settings, history, name and lock; sweeps of several."""
