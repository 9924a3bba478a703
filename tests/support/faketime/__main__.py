"""``python -m support.faketime``."""

import sys

from support.faketime import main

sys.exit(main())
