"""A request for a job: its images, in whatever form they come, and its options."""

from dataclasses import replace
from typing import NamedTuple

from flask import Request

from api.requests.images import ImageList, Images, check_image, read_images
from api.requests.options import Options, read_options
from contracts.addresses import AddressPolicy
from contracts.errors import TooManyImages
from contracts.settings import Settings


class JobRequest(NamedTuple):
    """What a client wants analysed, and how."""

    images: Images
    options: Options


def read_job(request: Request, settings: Settings) -> JobRequest:
    """The job that the request describes.

    A single image is checked at once. Of several, one that cannot be analysed is told with the results.

    Raises:
        InvalidRequest: one of its kinds.
    """
    images, given = read_images(request, settings)
    if len(images) > settings.max_job_images:
        raise TooManyImages(f"The job has {len(images)} images; {settings.max_job_images} are allowed.")
    if isinstance(images, ImageList) and len(images) == 1:
        images = replace(images, pixels=check_image(images.images[0], settings))
    options = read_options(given | request.args.to_dict())
    if options.webhook:
        AddressPolicy(settings.webhook_networks).check_url(options.webhook)
    return JobRequest(images, options)
