"""Networks side by side."""

from training.emotion.compare import compare, table
from training.shared.fer2013 import Fer2013
from training.shared.run_folder import RunFolder


def test_leaving_out_channels_saves_multiply_adds(
    mien_run: RunFolder, narrow_run: tuple[RunFolder, str], data: Fer2013
) -> None:
    pruned, _ = narrow_run
    before, after = compare([mien_run, pruned], data.train.images, data.public_test)
    assert after.multiply_adds < 0.6 * before.multiply_adds
    assert after.size_bytes < before.size_bytes
    assert pruned.read_json("origin.json")["pruned"]["keep"] == 0.5
    assert "narrow" in table([before, after])
