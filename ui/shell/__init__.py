"""What every page stands in: the server, the frame, colours, errors, and small things that all pages use."""
