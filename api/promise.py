"""Whether Redis can do what ``MIEN_DURABILITY`` promises, found out before the gateway accepts anything."""

import logging
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from contracts.errors import ConfigurationError
from contracts.settings import Durability, Settings

logger = logging.getLogger(__name__)


def check_promise(settings: Settings) -> None:
    """Ask Redis, in a process of its own: what that imports is not to be in this one before gevent has changed it.

    Raises:
        ConfigurationError: Redis cannot, or does not say.
    """
    if settings.durability == "everysec":
        return
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        fault, warning = process.submit(ask, settings.redis_url, settings.durability).result()
    if fault:
        raise ConfigurationError(fault, field="durability")
    if warning:
        logger.warning("%s", warning)


def ask(url: str, durability: Durability) -> tuple[str, str]:
    """What stands against it, and what the operator should know; both may be empty."""
    from contracts.storage.connections import connect
    from contracts.storage.durability import check_durability

    with connect(url, name="mien-gateway-start", max_connections=1) as redis:
        try:
            return "", check_durability(redis, durability)
        except ConfigurationError as error:
            return str(error), ""
