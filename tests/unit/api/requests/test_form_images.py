"""Files of a form as images."""

import io

from werkzeug.datastructures import FileStorage

from api.requests.form_images import FormImages


def test_files_can_be_gone_through_again_in_their_order() -> None:
    images = FormImages([FileStorage(io.BytesIO(data), name) for data, name in ((b"one", "a.jpg"), (b"two", None))])
    assert [list(images), list(images)] == [[b"one", b"two"]] * 2
    assert (len(images), images.names) == (2, ["a.jpg", None])
