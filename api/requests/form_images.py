"""The files of a form, one at a time: werkzeug keeps large ones on disk."""

from collections.abc import Iterator, Sequence

from werkzeug.datastructures import FileStorage

from api.requests.names import file_name


class FormImages:
    """Uploaded files in the order of the form, read whenever they are iterated over."""

    def __init__(self, files: Sequence[FileStorage]) -> None:
        """Use these files for as long as the request lives."""
        self._files = files

    @property
    def names(self) -> list[str | None]:
        """Names of the uploaded files."""
        return [file_name(file.filename) for file in self._files]

    def __len__(self) -> int:
        return len(self._files)

    def __iter__(self) -> Iterator[bytes]:
        for file in self._files:
            file.stream.seek(0)
            yield file.stream.read()
