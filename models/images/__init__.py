"""Bytes to pixels: the structure of each format, walked before any decoder sees it, and decoding within limits."""
