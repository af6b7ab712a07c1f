"""What the web process asks of workers: one queue, and a module a kind of work."""
