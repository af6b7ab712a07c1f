"""The Runs page: the table, the board, two to four codecs side by side."""
