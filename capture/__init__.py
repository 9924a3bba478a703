"""Layer 2: reads cameras and publishes the newest image of each. ``python -m capture`` runs it.

Reading order: `__main__` → `supervisor` (which cameras there are, from the `registry`) → `supervised` (the process of
one camera: started, watched, ended, started again) with `states` → `child`, that process → `camera` (one step: read,
stamp, encode, publish, request an analysis) → `selection` (which source a text means) → ``sources/`` (one kind a file).
"""
