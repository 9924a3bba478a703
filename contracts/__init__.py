"""Layer 0: what two separately deployed processes must agree on, and nothing else.

The test for a line in here: would two processes disagree if only one of them changed?
Settings names, Redis keys and messages pass; image helpers do not.

The modules of this package are schemas and settings and touch nothing; `contracts.storage` is the way to Redis.
"""
