"""Early payment by another member: it gives the money now and is paid by the debtor when due."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.offers.market import Bids, Ints, Market, bid, bids

NAME = "member_early_payment"
SOURCE = "member"


def candidates(market: Market) -> Bids:
    """Return the bids of members out of their own surplus, largest first.

    Asks are laid end to end along the members' surplus, largest surplus first and round again when
    it is used up: the member an ask comes to lie on bids for it, and the next, up to `members_max`.
    So the largest bid for most, and no member is asked for everything. A member bids for nothing
    it sells or owes itself.
    """
    return bids([part for code in market.currency.unique() for part in _in_currency(market, code)])


def _in_currency(market: Market, code: pa.Scalar) -> Iterator[Bids]:
    asks = _where(market.currency, code)
    members = _where(market.member_currency, code)
    if not len(members):
        return
    ends = np.cumsum(market.member_spare[members])
    notional = market.notional[asks]
    lies = (np.cumsum(notional) - notional) % ends[-1]
    first = np.searchsorted(ends, lies, side="right")
    for k in range(min(market.rules.members_max, len(members))):
        at = members[(first + k) % len(members)]
        buyer = market.member.take(at)
        party = pc.or_(
            pc.equal(buyer, market.seller.take(asks)), pc.equal(buyer, market.debtor.take(asks))
        )
        free = np.flatnonzero(~party.to_numpy(zero_copy_only=False))
        yield bid(
            asks[free],
            buyer.take(free),
            market.member_spare[at[free]],
            rate_pa=market.rules.member_rate_pa,
        )


def _where(column: pa.Array, code: pa.Scalar) -> Ints:
    return np.flatnonzero(pc.equal(column, code).to_numpy(zero_copy_only=False))
