"""Room for decoded images."""

from models.batching.room import Room


def test_images_are_taken_in_while_there_is_room() -> None:
    room = Room(100)
    assert [room.take(pixels) for pixels in (60, 50, 40, 1)] == [True, False, True, False]


def test_an_image_alone_finds_room_always() -> None:
    room = Room(100)
    assert room.take(1000)
    assert not room.take(1)
