"""The observations in numbers, with the names behind them."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.evidence.changes.layers import Keys, rows_of
from tailrace.evidence.changes.measures import MEASURES, VIEWS

EPOCH = date(1970, 1, 1).toordinal()


class Seen:
    """The observations in numbers, with the names behind them."""

    def __init__(self, observation: pa.Table, firm: pa.Table) -> None:
        ids = pa.chunked_array(observation["seller_id"].chunks + observation["buyer_id"].chunks)
        self.firms = pc.unique(ids).sort() if observation.num_rows else pa.array([], pa.string())
        self.currencies = pc.unique(observation["currency"]).sort()
        self.rows = rows_of(observation, self.firms, self.currencies)
        self.documents = observation["document_id"]
        named = pc.index_in(self.firms, value_set=firm["firm_id"].combine_chunks())
        self.names = pc.fill_null(firm["name"].combine_chunks().take(named), "?")

    def who(self, keys: Keys, i: int) -> dict[str, Any]:
        """Return the columns that say what series i is of."""
        seller, buyer = int(keys.seller[i]), int(keys.buyer[i])
        return {
            "measure": MEASURES[keys.measure[i]].name,
            "view": VIEWS[keys.view[i]],
            "seller_id": self.firms[seller].as_py() if seller >= 0 else None,
            "buyer_id": self.firms[buyer].as_py() if buyer >= 0 else None,
            "currency": self.currencies[int(keys.currency[i])].as_py(),
        }

    def name(self, place: int) -> str | None:
        return self.names[place].as_py() if place >= 0 else None


def day_of(number: Any) -> date:
    return date.fromordinal(int(number) + EPOCH)


def places_of(column: pa.ChunkedArray, among: pa.Array) -> np.ndarray:
    """Return the place of each value, -1 where it has none."""
    found = pc.fill_null(pc.index_in(column, among), -1)
    return np.asarray(found.to_numpy()).astype(np.int64)
