"""Growing: arrays and sparse tables that are added to at their end, while what was read of them before stays valid."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
from scipy import sparse

T = TypeVar("T", bound=np.generic)

_ROOM, _GROWTH = 1_024, 1.5


class GrowingArray(Generic[T]):
    """Numbers, more of which can be added."""

    def __init__(self, kind: type[T]) -> None:
        self._held = np.empty(_ROOM, dtype=kind)
        self._size = 0

    @property
    def values(self) -> npt.NDArray[T]:
        """What was added so far; it does not change when more is."""
        return self._held[: self._size]

    def extend(self, values: npt.NDArray[Any]) -> None:
        """Add the values at the end."""
        size = self._size + len(values)
        if size > len(self._held):
            held = np.empty(int(size * _GROWTH), dtype=self._held.dtype)
            held[: self._size] = self.values
            self._held = held
        self._held[self._size : size] = values
        self._size = size


class GrowingTable:
    """A sparse table, more rows of which can be added."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._data = GrowingArray(np.float64)
        self._indices = GrowingArray(np.int32)
        self._starts = GrowingArray(np.int32)
        self._starts.extend(np.zeros(1, dtype=np.int32))

    @property
    def entries(self) -> int:
        """How many places are filled."""
        return len(self._data.values)

    @property
    def table(self) -> sparse.csr_array:
        """The rows so far, without copying them."""
        starts = self._starts.values
        filled = slice(int(starts[-1]))
        parts = (self._data.values[filled], self._indices.values[filled], starts)
        return sparse.csr_array(parts, shape=(len(starts) - 1, self._columns))

    def extend(self, rows: sparse.csr_array) -> None:
        """Add the rows at the end."""
        self._data.extend(rows.data)
        self._indices.extend(rows.indices)
        self._starts.extend(rows.indptr[1:] + self._starts.values[-1])
