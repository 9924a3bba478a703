"""What one process of many does at a time: a key says whose turn it is, for as long as that asks again."""

from redis import Redis

from contracts.storage.connections import translate_errors


def take_turn(redis: Redis, key: str, process: str, seconds: float) -> bool:
    """Whether it is this process's turn, for so long; it keeps the turn by asking again.

    Args:
        redis: where the key is.
        key: of what is done in turns.
        process: its name, unlike all others.
        seconds: after which another one may have the turn.

    Raises:
        BrokerUnavailable: Redis does not answer.
    """
    with translate_errors():
        if redis.set(key, process, px=round(1000 * seconds), nx=True):
            return True
        if redis.get(key) != process.encode():
            return False
        return bool(redis.pexpire(key, round(1000 * seconds)))
