"""Following faces from frame to frame, so that labels do not flicker. Pure: state and frame in, state and faces out.

Nothing of a face is remembered but where it was, how it moved and what was read: who leaves and comes back is somebody
new.
"""

from models.tracking.follow import follow
from models.tracking.labels import SCORES_SETTLE_S
from models.tracking.state import FORGET_AFTER_S, Track, TrackerState

__all__ = ["FORGET_AFTER_S", "SCORES_SETTLE_S", "Track", "TrackerState", "follow"]
