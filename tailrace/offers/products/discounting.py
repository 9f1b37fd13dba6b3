"""Discounting by an outside funder, at its declared rate, fee and limits. Outside money comes last."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.offers.market import ANY, Bids, Ints, Market, bid, bids
from tailrace.offers.rules import Funder

NAME = "discounting"
SOURCE = "outside"
PREFIX = "funder:"


def candidates(market: Market) -> Bids:
    """Return each funder's bids, for what its limits leave room for.

    A limit counts face amounts: those of contracts in force whose obligation is still due, in all
    and of one debtor.
    """
    return bids([_of_funder(market, funder) for funder in market.rules.funder])


def _of_funder(market: Market, funder: Funder) -> Bids:
    own = market.exposure.filter(
        pc.and_(
            pc.equal(market.exposure["buyer_id"], PREFIX + funder.name),
            pc.equal(market.exposure["currency"], funder.currency),
        )
    )
    taken = _taken(market.debtor, own)
    left = funder.limit_minor - int(taken_in_all(own))
    fits = (market.notional <= left) & (market.notional + taken <= funder.debtor_limit_minor)
    same = pc.equal(market.currency, funder.currency).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(fits & same)
    return bid(
        rows,
        pa.array([PREFIX + funder.name] * len(rows), pa.string()),
        np.full(len(rows), ANY),
        rate_pa=funder.rate_pa,
        fee_minor=funder.fee_minor,
    )


def taken_in_all(exposure: pa.Table) -> int:
    """Return the face amount of these exposures together."""
    return pc.sum(exposure["notional_minor"]).as_py() or 0


def _taken(debtor: pa.Array, own: pa.Table) -> Ints:
    at = pc.index_in(debtor, value_set=own["debtor_id"].combine_chunks())
    place = pc.fill_null(at, -1).to_numpy(zero_copy_only=False)
    return np.append(own["notional_minor"].to_numpy(), 0)[place]
