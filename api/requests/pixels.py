"""The pixels of a job's images, read from their headers while they are stored: what the job will cost its worker."""

from collections.abc import Iterator

from api.requests.images import Images
from contracts.errors import ImageTooLarge, InvalidImage
from contracts.settings import Settings
from models.images.header import read_header


class MeasuredImages:
    """Images whose pixels are added up as they are gone through."""

    def __init__(self, images: Images, settings: Settings) -> None:
        """Nothing is measured yet."""
        self._images, self._settings = images, settings
        self.names = images.names
        self.pixels = 0

    def __len__(self) -> int:
        return len(self._images)

    def __iter__(self) -> Iterator[bytes]:
        """The images.

        Raises:
            ImageTooLarge: together they have more pixels than a job may have.
        """
        self.pixels, most = 0, self._settings.max_job_pixels
        for image in self._images:
            self.pixels += self._pixels(image)
            if self.pixels > most:
                raise ImageTooLarge(
                    f"The images have more than the {most:,} pixels that a job may have (MIEN_MAX_JOB_PIXELS)."
                )
            yield image

    def _pixels(self, image: bytes) -> int:
        """None in one that cannot be analysed: it is told with the results, and costs nothing."""
        try:
            header = read_header(image, self._settings.max_pixels)
        except InvalidImage:
            return 0
        return header.width * header.height
