"""Functions on the device."""

import numpy as np
from keras import ops

from models.runtimes.backends import load_backend
from models.runtimes.programs import Programs


def test_a_function_is_compiled_once_for_each_set_of_shapes() -> None:
    traced = list[tuple[int, ...]]()

    def doubled(values: object) -> object:
        traced.append(tuple(values.shape))  # type: ignore[attr-defined]
        return ops.multiply(values, 2)

    programs = Programs(load_backend(), doubled)
    for values in (np.ones(3, np.float32), np.ones((2, 2), np.float32), np.zeros(3, np.float32)):
        assert np.array_equal(ops.convert_to_numpy(programs.run(values)), 2 * values)
    assert set(traced) == {(3,), (2, 2)}
    assert len(programs) == 2


def test_values_of_another_type_have_a_form_of_their_own() -> None:
    programs = Programs(load_backend(), lambda values: ops.add(ops.cast(values, "float32"), 0.5))
    for values in (np.ones(3, np.uint8), np.full(3, 1.25, np.float32)):
        assert np.array_equal(ops.convert_to_numpy(programs.run(values)), values + np.float32(0.5))
    assert len(programs) == 2
