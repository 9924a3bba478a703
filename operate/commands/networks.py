"""``mien networks``: which networks answer; try one, give it a share or everything, and go back."""

import argparse
from collections.abc import Callable
from typing import Final

from pydantic import ValidationError
from redis import Redis

from contracts.errors import ConfigurationError
from contracts.networks import NetworkPlan, NetworkRecord, Shadow, parse_weights
from contracts.settings import Settings
from contracts.storage.audit import AuditLog, operator
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.networks import NetworkStore
from operate.connecting import broker
from operate.networks.checking import check_plan
from operate.networks.showing import as_text, as_values, look
from operate.networks.waiting import wait_for_workers
from operate.printing import as_json
from operate.times import duration

_TIMEOUT_S: Final = 60.0

Change = Callable[[NetworkPlan], NetworkPlan]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command line."""
    parser = subparsers.add_parser("networks", help="which networks answer; try one, promote it, go back")
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    parser.set_defaults(run=run)
    show = actions.add_parser("show", help="the plan, what each worker does with it, and how networks compare")
    show.add_argument("--json", action="store_true", help="print JSON")
    waits = argparse.ArgumentParser(add_help=False)
    waits.add_argument(
        "--timeout",
        type=duration,
        default=_TIMEOUT_S,
        metavar="TIME",
        help="how long to wait until all workers work by it, as 90s; 60s by default",
    )

    def change(name: str, text: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=text, parents=[waits])

    change("set", "give networks shares of the work").add_argument("weights", help="as mien-4:90,mien-3:10")
    bind = change("bind", "let one network read all jobs of an API key")
    bind.add_argument("key", help="id of the key")
    bind.add_argument("network")
    change("unbind", "end that").add_argument("key", help="id of the key")
    shadow = change("shadow", "let a network read some images after the answer, only to be counted")
    shadow.add_argument("network", help="its name, or off")
    shadow.add_argument("--share", type=float, help="part of the images, above 0 and up to 1")
    promote = change("promote", "give a network everything, and end the bindings of keys")
    promote.add_argument("network")
    promote.add_argument("--keep-keys", action="store_true", help="leave keys with the networks they are bound to")
    change("rollback", "go back to the plan before")
    change("clear", "take the plan back: each worker's MIEN_MODEL holds again")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what is asked. Returns the exit status: 1, if a worker does not work by the plan."""
    with broker(settings) as redis:
        if arguments.action == "show":
            found = look(redis)
            print(as_json(as_values(found)) if arguments.json else as_text(found))
            return 0
        if settings.faces_only:
            raise ConfigurationError("MIEN_FACES_ONLY is set: no network reads expressions here.")
        record, what = _changed(arguments, redis)
        AuditLog(redis).operated("networks", what, getattr(arguments, "key", ""))
        print(f"Done: {what}.", flush=True)
        return wait_for_workers(HeartbeatStore(redis), record, arguments.timeout)


def _changed(arguments: argparse.Namespace, redis: Redis) -> tuple[NetworkRecord, str]:
    """Put the new plan in force, if workers can serve it. Returns what is stored, and what was done."""
    store, workers = NetworkStore(redis), HeartbeatStore(redis).live_workers()
    if arguments.action == "rollback":
        record = store.roll_back(operator(), lambda plan: check_plan(plan, workers))
        if record is None:
            raise ConfigurationError("There is no plan before this one.")
        return record, "rollback"
    change, what = _CHANGES[arguments.action](arguments, store)

    def make(old: NetworkRecord) -> NetworkPlan:
        try:
            plan = NetworkPlan.model_validate(change(old.plan).model_dump())
        except ValidationError as error:
            raise ConfigurationError(f"This is no plan: {error.errors()[0]['msg']}.") from error
        check_plan(plan, workers)
        return plan

    cleared = arguments.action == "clear"  # the way out of a plan that a newer version left
    return store.change(make, what, operator(), whatever_was=cleared), what


def _set(arguments: argparse.Namespace, _: NetworkStore) -> tuple[Change, str]:
    try:
        weights = parse_weights(arguments.weights)
    except ValueError as error:
        raise ConfigurationError(f"{arguments.weights}: {error}.") from error
    if not weights:
        raise ConfigurationError("Name the networks, as mien-4:90,mien-3:10; `mien networks clear` takes a plan back.")
    return lambda old: old.model_copy(update={"weights": weights}), f"set {arguments.weights}"


def _bind(arguments: argparse.Namespace, store: NetworkStore) -> tuple[Change, str]:
    if not store.is_key(arguments.key):
        raise ConfigurationError(f"There is no key {arguments.key}; `mien keys list` has their ids.")
    bound = {arguments.key: arguments.network}
    return lambda old: old.model_copy(update={"keys": old.keys | bound}), f"bind {arguments.key} {arguments.network}"


def _unbind(arguments: argparse.Namespace, _: NetworkStore) -> tuple[Change, str]:
    def change(old: NetworkPlan) -> NetworkPlan:
        if arguments.key not in old.keys:
            raise ConfigurationError(f"The key {arguments.key} is bound to no network.")
        return old.model_copy(update={"keys": {key: name for key, name in old.keys.items() if key != arguments.key}})

    return change, f"unbind {arguments.key}"


def _shadow(arguments: argparse.Namespace, _: NetworkStore) -> tuple[Change, str]:
    if arguments.network == "off":
        return lambda old: old.model_copy(update={"shadow": None}), "shadow off"
    if arguments.share is None or not 0 < arguments.share <= 1:
        raise ConfigurationError("--share has to be above 0 and up to 1, as 0.1 for every tenth image.")
    # not checked here: the plan is, as a whole
    shadow = Shadow.model_construct(network=arguments.network, share=arguments.share)
    return lambda old: old.model_copy(update={"shadow": shadow}), f"shadow {arguments.network} {arguments.share:g}"


def _promote(arguments: argparse.Namespace, _: NetworkStore) -> tuple[Change, str]:
    def change(old: NetworkPlan) -> NetworkPlan:
        done = old.shadow and old.shadow.network == arguments.network
        return NetworkPlan.model_construct(
            weights={arguments.network: 1},
            keys=old.keys if arguments.keep_keys else {},
            shadow=None if done else old.shadow,
        )

    return change, f"promote {arguments.network}"


def _clear(*_: object) -> tuple[Change, str]:
    return lambda _: NetworkPlan(), "clear"


_CHANGES: Final[dict[str, Callable[[argparse.Namespace, NetworkStore], tuple[Change, str]]]] = {
    "set": _set,
    "bind": _bind,
    "unbind": _unbind,
    "shadow": _shadow,
    "promote": _promote,
    "clear": _clear,
}
