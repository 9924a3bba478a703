"""Layer 2: reads a camera and publishes its newest image. ``python -m capture`` runs it.

Reading order: `__main__` → `camera` (one step: read, stamp, encode, publish, request an analysis) → `selection` (which
source a setting means) → ``sources/`` (one kind a file).
"""
