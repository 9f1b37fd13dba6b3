"""Early payment: the debtor pays before the due day and keeps the discount. A sliding discount:
the earlier the money comes, the more is taken off. The obligation ends with it."""

from __future__ import annotations

import numpy as np

from tailrace.offers.market import Bids, Market, bid

NAME = "early_payment"
SOURCE = "debtor"


def candidates(market: Market) -> Bids:
    """Return a bid of each debtor that can spare money, even if all its own debtors pay late."""
    able = np.flatnonzero(market.debtor_spare > 0)
    return bid(
        able,
        market.debtor.take(able),
        market.debtor_spare[able],
        rate_pa=market.rules.early_payment_rate_pa,
    )
