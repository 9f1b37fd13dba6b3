"""Towns that several tests look at, made once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pyarrow as pa
import pytest

from tailrace.town import Economy, build
from tailrace.town.records import records

ON = date(2026, 3, 31)


def town(seed: int = 1, firms: int = 200, months: int = 6, frauds: float = 0.02) -> Economy:
    return build(seed, firms, months=months, on=ON, fraud_share=frauds, csv_share=0.1)


@pytest.fixture(scope="session")
def make() -> Callable[..., Economy]:
    """Return the function that makes a town."""
    return town


@pytest.fixture(scope="session")
def two_hundred() -> Economy:
    """Return the town of the demo."""
    return town()


@pytest.fixture(scope="session")
def tables(two_hundred: Economy) -> dict[str, pa.Table]:
    """Return the record tables of the demo's town."""
    return records(two_hundred)
