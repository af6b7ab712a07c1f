"""What is done with codes: maps of them, the frames of a training, and new ones to decode."""
