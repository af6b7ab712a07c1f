"""What runs in a worker's process, one module a kind of work."""
