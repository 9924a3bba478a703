"""API keys at the door: which key a request has, and whether it allows the view that is asked for."""

from flask import Flask, Request, g, request

from api.access.failures import Failures
from api.access.keys import ApiKey, ApiKeyStore, id_of
from api.access.live_tokens import LiveTokens
from api.http.endpoint import PUBLIC, STREAM_TOKEN, Endpoint, current_endpoint
from api.http.scopes import Scope
from contracts.addresses import client_network
from contracts.errors import Denied, Forbidden, Unauthorized

_OURS = "mien_"


def check_keys(app: Flask, keys: ApiKeyStore, tokens: LiveTokens, failures: Failures, *, required: bool) -> None:
    """Let a request through only if its key has the scope that its view declares.

    A key that is sent is always looked at, also where none is required: a wrong one is refused, and the rate of a right
    one holds. Views that need no key do not look, so that they answer without Redis.
    """

    def check() -> None:
        endpoint = current_endpoint(request)
        if endpoint is None or endpoint.scope is PUBLIC or request.method == "OPTIONS":
            return
        token, passed_on = token_of(request), _passed_on(request, endpoint)
        if not passed_on and not token.startswith(_OURS) and not required and not _is_bearer(request):
            return  # none, or the password of a proxy before this gateway
        if not token and not passed_on:
            raise Unauthorized("Send an API key: Authorization: Bearer mien_...")
        address = request.remote_addr or ""
        network = client_network(address)
        failures.check(network)
        try:
            key = tokens.verify(passed_on, endpoint.scope) if passed_on else keys.verify(token)
            if key is None and required:
                raise Unauthorized("This token was issued without a key, and keys are needed.", field="token")
            if key is not None:
                _check_scope(key, endpoint)
        except Denied as error:
            rule = request.url_rule.rule if request.url_rule else ""
            keys.audit.refused(id_of(token), address, f"{error.code}: {error} {request.method} {rule}")
            if isinstance(error, Unauthorized):
                failures.add(network)
            raise
        g.api_key = key
        g.key_passed_on = bool(passed_on)

    app.before_request(check)


def current_key() -> ApiKey | None:
    """The key of the current request; None without one."""
    key: ApiKey | None = g.get("api_key")
    return key


def is_passed_on() -> bool:
    """Whether the current request has shown a token in place of its key."""
    return bool(g.get("key_passed_on"))


def client_name() -> str:
    """The id of the current request's key; without one the client's address, or its network if that is IPv6."""
    return key_id() or client_network(request.remote_addr or "")


def key_id() -> str:
    """The id of the current request's key; empty without one."""
    key = current_key()
    return key.id if key else ""


def token_of(request: Request) -> str:
    """The API key of a request: a bearer token, or the password of basic authentication; empty if there is none."""
    given = request.authorization
    if given is None:
        return ""
    return (given.token if given.type == "bearer" else given.password) or ""


def _passed_on(request: Request, endpoint: Endpoint) -> str:
    """The token in the address, if this view takes one; empty: none. A key that is sent as well counts in its place."""
    takes = endpoint.operation is not None and STREAM_TOKEN in endpoint.operation.parameters
    sent = token_of(request).startswith(_OURS) or _is_bearer(request)
    return request.args.get(STREAM_TOKEN.name, "") if takes and not sent else ""


def _is_bearer(request: Request) -> bool:
    return request.authorization is not None and request.authorization.type == "bearer"


def _check_scope(key: ApiKey, endpoint: Endpoint) -> None:
    if endpoint.scope in key.scopes or (endpoint.owned and Scope.OPERATE in key.scopes):
        return
    raise Forbidden(f'This address needs a key with the scope "{endpoint.scope}".')
