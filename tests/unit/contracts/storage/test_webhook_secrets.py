"""Secrets of webhooks: made once, one a client, rotated with an overlap."""

import pytest
from redis import Redis

from contracts.errors import WebhookRefused
from contracts.storage import keys
from contracts.storage.webhook_secrets import BroughtBack, WebhookSecrets
from support.clocks import ManualClock


@pytest.fixture
def secrets(redis: Redis, clock: ManualClock) -> WebhookSecrets:
    redis.hset(keys.API_KEYS, mapping=dict.fromkeys(("1f0c9be1a2d3", "one", "two"), "{}"))
    return WebhookSecrets(redis, clock)


@pytest.mark.parametrize("client", ["", "1f0c9be1a2d3"])
def test_a_secret_is_made_once(redis: Redis, secrets: WebhookSecrets, client: str) -> None:
    secret = secrets.current(client)
    assert secret.startswith("whsec_")
    assert WebhookSecrets(redis).current(client) == secrets.current(client) == secret
    assert secrets.signing(client) == [secret]


def test_clients_share_none(secrets: WebhookSecrets) -> None:
    assert len({secrets.current(client) for client in ("", "one", "two")}) == 3


@pytest.mark.parametrize("client", ["", "1f0c9be1a2d3"])
def test_the_secret_before_signs_as_well_until_the_overlap_is_over(
    redis: Redis, secrets: WebhookSecrets, clock: ManualClock, client: str
) -> None:
    old = secrets.current(client)
    new = secrets.rotate(client, overlap_s=60)
    clock.now += 59
    assert secrets.signing(client) == [new, old]
    clock.now += 1
    assert secrets.signing(client) == [new]
    shared = redis.get(keys.WEBHOOKS_SECRET)
    assert shared == (None if client else new.encode()), "where workers of the version before look"


def test_the_secret_that_all_shared_signs_for_another_week(
    redis: Redis, secrets: WebhookSecrets, clock: ManualClock
) -> None:
    redis.set(keys.WEBHOOKS_SECRET, "whsec_shared")
    assert secrets.current("") == "whsec_shared"
    own = secrets.current("1f0c9be1a2d3")
    assert secrets.signing("1f0c9be1a2d3") == [own, "whsec_shared"]
    clock.now += 604_800
    assert secrets.signing("1f0c9be1a2d3") == [own]


def test_a_key_that_is_no_more_gets_no_secret(redis: Redis, secrets: WebhookSecrets) -> None:
    for revoked in (lambda: secrets.signing("gone"), lambda: secrets.rotate("gone", overlap_s=60)):
        with pytest.raises(WebhookRefused, match="revoked"):
            revoked()
    assert redis.hexists(keys.WEBHOOKS_SECRETS, "gone") == 0


@pytest.mark.parametrize("form", ["json", "secret"])
def test_after_a_loss_the_secret_that_receivers_know_signs_again(
    redis: Redis, secrets: WebhookSecrets, clock: ManualClock, form: str
) -> None:
    known = secrets.current("")
    backup = redis.hget(keys.WEBHOOKS_SECRETS, "") if form == "json" else redis.get(keys.WEBHOOKS_SECRET)
    redis.flushall()
    assert secrets.bring_back(backup, rotated=False) is BroughtBack.SAME, "nobody has made another"
    assert secrets.signing("") == [known]
    redis.flushall()
    made = secrets.current("")
    assert secrets.bring_back(backup, rotated=False) is BroughtBack.BESIDE
    assert secrets.signing("") == [known, made]
    assert redis.get(keys.WEBHOOKS_SECRET) == known.encode()
    assert secrets.bring_back(backup, rotated=False) is BroughtBack.SAME
    clock.now += 604_800
    assert secrets.signing("") == [known]


def test_after_a_loss_an_overlap_goes_on(redis: Redis, secrets: WebhookSecrets) -> None:
    old, new = secrets.current(""), secrets.rotate("", overlap_s=60)
    backup = redis.hget(keys.WEBHOOKS_SECRETS, "")
    redis.flushall()
    secrets.current("")
    assert secrets.bring_back(backup, rotated=False) is BroughtBack.ALONE
    assert secrets.signing("") == [new, old]


def test_a_secret_that_was_rotated_to_since_stays(redis: Redis, secrets: WebhookSecrets) -> None:
    secrets.current("")
    backup = redis.hget(keys.WEBHOOKS_SECRETS, "")
    new = secrets.rotate("", overlap_s=0)
    assert secrets.bring_back(backup, rotated=True) is BroughtBack.KEPT
    assert secrets.signing("") == [new]
    redis.flushall()
    assert secrets.bring_back(backup, rotated=True) is BroughtBack.SAME, "but not where there is none"


def test_of_a_server_of_before_that_has_the_secret_alone_it_is_known(redis: Redis, secrets: WebhookSecrets) -> None:
    redis.set(keys.WEBHOOKS_SECRET, "whsec_here")
    assert secrets.bring_back(b"whsec_backup", rotated=False) is BroughtBack.BESIDE
    assert secrets.signing("") == ["whsec_backup", "whsec_here"]
