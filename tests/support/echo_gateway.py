"""``python -m tests.support.echo_gateway``: the gateway with `/echo` beside its own views."""

import sys
from typing import Any

from api import server
from api.__main__ import main


class EchoGateway(server.Gateway):
    """Gunicorn as it is, with one view more."""

    def load(self) -> Any:
        """The application; imported here, where what blocks has been replaced."""
        from functools import partial

        from api import app
        from tests.support import echo

        app.create_app = partial(app.create_app, blueprints=(*app.BLUEPRINTS, echo.blueprint))
        return super().load()


if __name__ == "__main__":
    server.Gateway = EchoGateway  # type: ignore[misc]
    sys.exit(main())
