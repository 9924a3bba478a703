"""What the recipes of both trainings have in common: typed, frozen, and changed by ``--set NAME=VALUE``."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from training.shared.errors import TrainingError


class BaseRecipe(BaseModel):
    """Arguments of a training run, each with a description, or a part of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")


AnyRecipe = TypeVar("AnyRecipe", bound=BaseRecipe)


def change_recipe(recipe: AnyRecipe, options: Mapping[str, Any], changes: Sequence[str]) -> AnyRecipe:
    """Change a recipe as a command line says.

    Args:
        recipe: to begin with.
        options: values by name of the argument; ``None`` for an option that was not given.
        changes: ``NAME=VALUE`` each; a dot in the name leads into a part of the recipe.

    Raises:
        TrainingError: names the argument that is unknown or whose value is not allowed.
    """
    content = recipe.model_dump() | {name: value for name, value in options.items() if value is not None}
    for change in changes:
        _apply(change, content)
    try:
        return type(recipe).model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise TrainingError(f"The recipe is not valid: {where}: {first['msg']}.") from error


def describe_recipe(kind: type[BaseRecipe]) -> str:
    """Write a line for each argument that ``--set`` takes: its name and its description."""
    rows = list(_rows(kind))
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"  {name:{width}}  {description}" for name, description in rows)


def _rows(kind: type[BaseRecipe], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, field in kind.model_fields.items():
        part = field.annotation
        if isinstance(part, type) and issubclass(part, BaseRecipe):
            yield from _rows(part, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field.description or ""


def _apply(change: str, content: dict[str, Any]) -> None:
    """Apply one ``name=value`` to a recipe's content."""
    name, equals, text = change.partition("=")
    if not equals:
        raise TrainingError(f"--set {change}: write it as NAME=VALUE.")
    *parents, last = name.split(".")
    for parent in parents:
        content = content.get(parent, {})
        if not isinstance(content, dict):
            raise TrainingError(f"--set {change}: {parent} has no parts.")
    try:
        content[last] = json.loads(text)
    except json.JSONDecodeError:
        content[last] = text
