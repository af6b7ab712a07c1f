"""The Generate page: samples and how good they are, ways between two digits, sums of codes."""
