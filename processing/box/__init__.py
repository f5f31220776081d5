"""Decoding in a box: bytes that somebody sent meet a parser only in a child that is shut in."""
