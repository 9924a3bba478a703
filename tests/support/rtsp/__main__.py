"""``python -m support.rtsp``."""

import sys

from support.rtsp import main

sys.exit(main())
