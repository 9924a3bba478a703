"""A ``.keras`` file before it is loaded: in which precision its layers compute, and nothing that is only for training.

The file is a zip archive with the layers in ``config.json`` and the weights beside it
(https://keras.io/guides/serialization_and_saving/).
"""

import io
import json
import zipfile
from typing import Any, Final

_CONFIG: Final = "config.json"
_ZEROS: Final[dict[str, Any]] = {
    "module": "keras.initializers",
    "class_name": "Zeros",
    "config": {},
    "registered_name": None,
}


def prepared_archive(content: bytes, precision: str) -> bytes:
    """Give the same network for serving.

    Args:
        content: a ``.keras`` file.
        precision: "float32", or "float16" or "bfloat16" for layers that compute in half precision; their weights stay
            as they are, and are converted as they are used.

    Raises:
        ValueError: it is no such file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
            config = json.loads(files[_CONFIG])
    except (zipfile.BadZipFile, KeyError, json.JSONDecodeError) as error:
        raise ValueError(f"it is no Keras archive ({error})") from error
    policy = "float32" if precision == "float32" else f"mixed_{precision}"
    files[_CONFIG] = json.dumps(_prepared(config, policy)).encode()
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return written.getvalue()


def _prepared(part: Any, policy: str) -> Any:
    if isinstance(part, list):
        return [_prepared(each, policy) for each in part]
    if not isinstance(part, dict):
        return part
    if part.get("class_name") == "DTypePolicy" and part.get("config") == {"name": "float32"}:
        return {**part, "config": {"name": policy}}
    return {
        # Weights are read a moment later: to draw random ones takes some backends half a minute.
        key: _ZEROS if key.endswith("_initializer") and isinstance(value, dict) else _prepared(value, policy)
        for key, value in part.items()
    }
