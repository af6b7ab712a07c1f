"""The Draw page: the board, what is kept of a picture, and things to try."""
