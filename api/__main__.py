"""``python -m api``: run the gateway."""

import logging
import sys

from contracts.errors import ConfigurationError
from contracts.settings import load_settings


def main() -> int:
    """Read the settings and serve until told to stop."""
    try:
        settings = load_settings()
    except ConfigurationError as error:
        print(f"mien gateway: {error}", file=sys.stderr)
        return 2
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    from api.server import Gateway

    Gateway(settings).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
