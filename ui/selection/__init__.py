"""What pages let a visitor choose: a run, codecs to look at, a drawing; and those, opened."""
