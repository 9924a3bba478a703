"""Why the label of a face is to be trusted less."""

from contracts.results import Box, Flaw


def flaws(box: Box, width: int, height: int) -> list[Flaw]:
    """What is wrong with a face.

    Args:
        box: of the face, in pixels of the image.
        width: of the image, in pixels.
        height: of the image, in pixels.

    Returns:
        ``cut``: it reaches the border of the image, where a part of the face may be missing.
    """
    cut = box.x == 0 or box.y == 0 or box.x + box.width >= width or box.y + box.height >= height
    return ["cut"] if cut else []
