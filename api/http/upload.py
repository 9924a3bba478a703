"""Forms with a bounded number of files, refused at the first file too many instead of after all of them."""

from typing import IO, Any, Final, cast

from flask import Request
from werkzeug.formparser import FormDataParser

from api.http.multipart import ShortHeadParser
from contracts.errors import TooManyImages

UNBOUNDED: Final = None


class UploadRequest(Request):
    """A request whose view may set `max_form_files` before it reads the form."""

    form_data_parser_class = ShortHeadParser
    max_form_files: int | None = UNBOUNDED

    def make_form_data_parser(self) -> FormDataParser:
        """Flask's parser, which counts files.

        Raises:
            TooManyImages: from the parser, at the first file too many.
        """
        parser = super().make_form_data_parser()
        open_stream, opened = parser.stream_factory, list[IO[bytes]]()

        def open_counted(*arguments: Any, **named: Any) -> IO[bytes]:
            if self.max_form_files is not UNBOUNDED and len(opened) >= self.max_form_files:
                for stream in opened:
                    stream.close()
                raise TooManyImages(
                    f"The form has more than {self.max_form_files} files; {self.max_form_files} are allowed in one job."
                )
            opened.append(open_stream(*arguments, **named))
            return opened[-1]

        parser.stream_factory = open_counted
        return parser


def limit_files(request: Request, count: int) -> None:
    """Set how many files the form of this request may have."""
    cast(UploadRequest, request).max_form_files = count
