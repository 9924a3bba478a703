"""A check that schemathesis has not: what was erased stays so (see schemathesis.toml)."""

import threading

import schemathesis
from schemathesis import Case, CheckContext, Response

_ERASED: set[str] = set()
_LOCK = threading.Lock()


@schemathesis.check
def use_after_erasure(_: CheckContext, response: Response, case: Case) -> None:
    """After a DELETE was answered with 204, nothing at or below that path is found again, in the whole run."""
    path = case.formatted_path
    with _LOCK:
        if case.method.upper() == "DELETE":
            if response.status_code == 204:
                _ERASED.add(path)
        elif 200 <= response.status_code < 300:
            found = next((erased for erased in _ERASED if f"{path}/".startswith(f"{erased}/")), None)
            assert found is None, f"{found} was erased, and {case.method} {path} answers {response.status_code}"
