"""API keys: which key a request has, and whether it allows the view that is asked for."""

from flask import Flask, Request, g, request

from api.access.keys import ApiKey, ApiKeyStore
from api.http.endpoint import PUBLIC, Scope, current_endpoint
from contracts.errors import Forbidden, Unauthorized


def require_keys(app: Flask, keys: ApiKeyStore) -> None:
    """Let a request through only if its key has the scope that its view declares."""

    def check() -> None:
        endpoint = current_endpoint(request)
        if endpoint is None or endpoint.scope is PUBLIC or request.method == "OPTIONS":
            return
        token = token_of(request)
        if not token:
            raise Unauthorized("Send an API key: Authorization: Bearer mien_...")
        key = keys.find(token)
        if key is None:
            raise Unauthorized("This key is not valid.")
        if endpoint.scope not in key.scopes and not (endpoint.owned and Scope.OPERATE in key.scopes):
            raise Forbidden(f'This address needs a key with the scope "{endpoint.scope}".')
        g.api_key = key

    app.before_request(check)


def current_key() -> ApiKey | None:
    """The key of the current request; None without one, or if none is required."""
    key: ApiKey | None = g.get("api_key")
    return key


def client_name() -> str:
    """The id of the current request's key, or the address of a client without one."""
    key = current_key()
    return key.id if key else (request.remote_addr or "")


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
