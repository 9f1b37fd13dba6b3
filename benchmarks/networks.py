"""Networks of debts for the benchmark of clearing: families of trade, drawn from a seed.

Each family is debtor, creditor, amount in minor units. What they have in common is what is published
of supplier networks: firm sizes after Zipf, half of the trade regional, amounts log-normal and larger
between larger firms. They differ in how dense, how balanced and how deep they are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Debts = tuple[Ints, Ints, Ints]


class Family(Struct, frozen=True):
    """How a family is drawn."""

    per_firm: float  # invoices for each firm
    per_pair: float  # invoices of one firm to another
    balance: float  # how far a firm's payables follow its receivables: 0 not at all, 1 fully
    mutual: float  # share of pairs that trade both ways


FAMILIES = {
    "sparse": Family(5.0, 1.1, 0.0, 0.02),  # a nation's suppliers: little clears
    "dense": Family(20.0, 2.5, 0.3, 0.03),  # e-invoices of firms that both buy and sell
    "circular": Family(42.0, 2.2, 0.5, 0.2),  # a closed trading circle: most clears
    "hub": Family(5.0, 1.1, 0.0, 0.02),  # as sparse, with a tax office and five utilities
    "tied": Family(20.0, 2.5, 0.3, 0.03),  # as dense, amounts of 1, 2 or 5 times a power of ten
    "tiered": Family(12.0, 2.0, 0.2, 0.0),  # five tiers of suppliers, and services back
    "chains": Family(6.0, 1.0, 0.0, 0.0),  # firms on a road that trade with neighbours only
}
TRADE = ("sparse", "dense", "circular", "hub", "tied")


def drawn(family: str, rows: int, seed: int) -> Debts:
    """Return a network of this family with so many invoices."""
    how, random = FAMILIES[family], np.random.default_rng([seed, rows, *family.encode()])
    firms = max(12, int(rows / how.per_firm))
    size = np.minimum(random.pareto(1.1, firms) + 1, firms**0.85)
    pairs = int(rows / how.per_pair) + 8
    if family == "chains":
        debtor, creditor = _on_a_road(random, firms, pairs)
    elif family == "tiered":
        debtor, creditor = _in_tiers(random, firms, pairs, size)
    else:
        debtor, creditor = _in_trade(random, firms, pairs, size, how)
    if family == "hub":
        debtor, creditor = _with_hubs(random, debtor, creditor)
    apart = debtor != creditor
    pair = _invoices(random, int(apart.sum()), rows)
    debtor, creditor = debtor[apart][pair], creditor[apart][pair]
    amount = (
        np.exp(10.2 + 1.9 * random.standard_normal(rows)) * (size[debtor] * size[creditor]) ** 0.3
    )
    amount = _balanced(random, debtor, creditor, amount, firms, how.balance)
    whole = np.clip(np.rint(amount), 1, 1e13).astype(np.int64)
    if family == "tied":
        power = np.clip(np.log10(whole).astype(np.int64), 2, 9)
        whole = np.array([1, 2, 5])[random.integers(0, 3, rows)] * 10**power
    return debtor.astype(np.int64), creditor.astype(np.int64), whole


def small(random: np.random.Generator) -> Debts:
    """Return a random network of at most 24 firms, self-debts and debts of nothing among them."""
    firms, rows = int(random.integers(2, 25)), int(random.integers(1, 90))
    most = int(random.choice([3, 30, 10**7]))
    return (
        random.integers(0, firms, rows),
        random.integers(0, firms, rows),
        random.integers(0, most, rows),
    )


def _by_size(random: Any, weight: NDArray[np.float64], count: int) -> Ints:
    heap = np.cumsum(weight)
    found = np.searchsorted(heap, random.random(count) * heap[-1], side="right")
    return np.minimum(found, len(weight) - 1)


def _in_trade(random: Any, firms: int, pairs: int, size: Any, how: Family) -> tuple[Ints, Ints]:
    other = np.minimum(random.pareto(1.1, firms) + 1, firms**0.85)
    sells = size**how.balance * other ** (1 - how.balance)
    uneven = np.exp(0.6 * random.standard_normal((2, firms)))
    debtor = _by_size(random, size**0.65 * uneven[0], pairs)
    creditor = _by_size(random, sells**1.1 * uneven[1], pairs)
    regions = max(2, firms // 1500)
    first = (np.arange(regions + 1) * firms) // regions
    region = np.searchsorted(first, debtor, side="right") - 1
    near = _in_region(random, sells**1.1 * uneven[1], first, region)
    creditor = np.where(random.random(pairs) < 0.5, near, creditor)
    back, twin = random.random(pairs) < how.mutual, random.integers(0, pairs, pairs)
    return np.where(back, creditor[twin], debtor), np.where(back, debtor[twin], creditor)


def _in_region(random: Any, weight: Any, first: Ints, region: Ints) -> Ints:
    """Draw a firm of each region named, by weight; region r is firms first[r] to first[r + 1]."""
    heap = np.concatenate([[0.0], np.cumsum(weight)])
    low, high = heap[first[region]], heap[first[region + 1]]
    found = np.searchsorted(heap, low + random.random(len(region)) * (high - low), side="right") - 1
    return np.clip(found, first[region], first[region + 1] - 1)


def _with_hubs(random: Any, debtor: Ints, creditor: Ints) -> tuple[Ints, Ints]:
    """Let 27 % of debts be to firms 0 (the tax office) to 5 (utilities), and 6 % be owed by them."""
    draw, utility = random.random(len(debtor)), random.integers(1, 6, len(debtor))
    creditor = np.where(draw < 0.15, 0, np.where(draw < 0.27, utility, creditor))
    debtor = np.where((draw > 0.27) & (draw < 0.30), 0, debtor)
    return np.where((draw > 0.30) & (draw < 0.33), utility, debtor), creditor


def _in_tiers(random: Any, firms: int, pairs: int, size: Any) -> tuple[Ints, Ints]:
    """Let each tier owe the next; a tenth of debts go back, for services."""
    wide = firms // 5
    tier = random.integers(0, 4, pairs)
    pick = _by_size(random, size[:wide], pairs), _by_size(random, size[wide : 2 * wide], pairs)
    up, down = tier * wide + pick[0], (tier + 1) * wide + pick[1]
    back = random.random(pairs) < 0.1
    far = random.integers(0, firms, pairs)
    return np.where(back, far, up), np.where(back, up, down)


def _on_a_road(random: Any, firms: int, pairs: int) -> tuple[Ints, Ints]:
    debtor = random.integers(0, firms, pairs)
    step = np.minimum(random.pareto(1.2, pairs) + 1, 40).astype(np.int64)
    back = random.random(pairs) < 0.35
    return debtor, (debtor + np.where(back, -step, step)) % firms


def _invoices(random: Any, pairs: int, rows: int) -> Ints:
    """Return the pair of each invoice: each pair has one at least where there are enough."""
    more = rows - pairs
    extra = (pairs * random.random(max(more, 0)) ** 1.7).astype(np.int64)
    whole = np.concatenate([random.permutation(pairs)[: min(pairs, rows)], extra])
    return whole[random.permutation(rows)]


def _balanced(
    random: Any, debtor: Ints, creditor: Ints, amount: Any, firms: int, share: float
) -> Any:
    """Scale each firm's payables some way towards its receivables."""
    pays = np.bincount(debtor, weights=amount, minlength=firms)
    gets = np.bincount(creditor, weights=amount, minlength=firms)
    own = np.exp(0.9 * random.standard_normal(firms))
    both = (pays > 0) & (gets > 0)
    scale = np.ones(firms)
    scale[both] = np.clip(gets[both] * own[both] / pays[both], 0.02, 50) ** share
    return amount * scale[debtor]
