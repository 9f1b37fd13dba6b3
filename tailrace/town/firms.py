"""The firms of the town and who supplies whom.

Sizes are heavy-tailed (Pareto), suppliers follow a table of sectors that leads back into itself, so
that debts run in circles. Three currency areas trade each within itself: every firm keeps one
account in the currency of its area. Countries are of ISO 3166's user-assigned range: no real
register, bank or street is meant.
"""

from __future__ import annotations

import numpy as np

from tailrace.town import figures
from tailrace.town.arrays import Arrays, ranks, stream

CURRENCIES = ("EUR", "CHF", "JPY")
COUNTRIES = ("XA", "XB", "XC")
SCALES = (100, 100, 160)  # minor units for one unit of the measured prices
TAXED = (True, False, False)  # 20 % in the first area, none in the others
AREA_SHARE = (0.91, 0.05, 0.04)
AREA_MIN = 6  # firms in a small area, where the town is large enough to have one
LEANING = 0.9
ITEMS = 12  # items in each firm's catalogue
SIZE_TAIL, SIZE_MAX = 1.25, 40.0
ORDERS_MONTHLY = 3.7  # orders a firm writes in a month, on average: a hundred documents in six

SECTORS = ("Metals", "Parts", "Machines", "Timber", "Chemicals", "Packaging", "Foods", "Electrics")
# Row: the buyer's sector; column: how readily it buys from each sector. Every sector sells
# something that comes back to it in time.
INPUTS = np.array(
    [
        [1, 1, 6, 1, 3, 1, 1, 3],
        [7, 2, 3, 0, 2, 2, 0, 3],
        [5, 7, 1, 1, 1, 1, 0, 5],
        [1, 2, 6, 2, 3, 1, 1, 1],
        [2, 1, 3, 2, 2, 4, 1, 2],
        [1, 1, 3, 6, 4, 1, 1, 1],
        [0, 1, 3, 1, 3, 7, 3, 1],
        [6, 4, 2, 0, 3, 2, 0, 2],
    ],
    float,
)
_ROOT_WORDS = (
    "Alder Ash Barrow Beck Birch Black Bram Bright Broad Cairn Clay Cold Copper Crane Dale Deep "
    "Elder Elm Fair Fern Flint Fox Glen Gold Grey Hare Hart Hazel Heath Heron High Holm Iron Kestrel "
    "Lark Lime Long Marl Mill Moss North Oak Old Otter Raven Red Reed Rook Sand Sedge Shale Silver "
    "South Stone Swan Thorn Wether White Willow Wren"
)
_ENDING_WORDS = (
    "bridge brook bury by cliff combe cote croft dale den don fell field ford gate grove ham haven "
    "hill holt hurst land ley low mere moor mouth ness port ridge shaw side stead stoke ton wald "
    "well wick wood worth"
)
_ROOTS, _ENDINGS = _ROOT_WORDS.split(), _ENDING_WORDS.split()
_FORMS = ("Ltd", "Works", "& Daughters", "Cooperative", "Union", "Brothers", "Trading", "House")
_STREETS = (
    "Mill Lane|Quay Street|Kiln Road|Foundry Row|Weir Side|Market Square|Station Yard|Lock End"
)
_BANK = "TOWN"
_BANK_DIGITS = 29243223  # T O W N as ISO 13616 counts letters


class Firms(Arrays, frozen=True, kw_only=True):
    """One row for each firm: who it is and how it does business."""

    code: np.ndarray  # short name used in its numbers and file names
    name: np.ndarray
    sector: np.ndarray
    area: np.ndarray  # place in CURRENCIES
    size: np.ndarray
    country: np.ndarray
    address: np.ndarray
    vat: np.ndarray
    iban: np.ndarray
    gln: np.ndarray  # "" where it has none
    haste: np.ndarray  # standard normal; a high one pays late
    coded: np.ndarray  # puts its code into its numbers; the others' numbers collide
    csv: np.ndarray  # its warehouse exports receipts as CSV
    monthly: np.ndarray  # bills once a month
    refers: np.ndarray  # its invoices name orders and despatches
    confirms: np.ndarray  # answers orders
    combines: np.ndarray  # sends goods of several orders together
    remits: np.ndarray  # sends remittance advices
    bundles: np.ndarray  # pays several invoices at once
    structured: np.ndarray  # wants an ISO 11649 reference with its payments
    thursday: np.ndarray  # its payment run is on Thursday, else on Friday


class Relations(Arrays, frozen=True, kw_only=True):
    """One row for each supplier of a buyer: how many orders to expect in a month."""

    seller: np.ndarray
    buyer: np.ndarray
    orders_monthly: np.ndarray


def firms(seed: int, count: int, *, csv_share: float) -> Firms:
    """Return the firms; the same seed and count give the same firms."""
    rng = stream(seed, "firms")
    index = np.arange(count)
    sector = rng.integers(0, len(SECTORS), count)
    area = _areas(rng, count)
    mixed = rng.permutation(count)
    size = np.minimum((1.0 - rng.random(count)) ** (-1.0 / SIZE_TAIL), SIZE_MAX)
    width = len(str(count))
    country = np.array(COUNTRIES)[area]
    return Firms(
        code=np.array([f"{SECTORS[s][0]}{i:0{width}d}" for i, s in enumerate(sector.tolist(), 1)]),
        name=_names(mixed, sector),
        sector=sector,
        area=area,
        size=size,
        country=country,
        address=_addresses(rng, mixed, country),
        vat=np.char.add(country, (200_000_000 + index * 7919 % 700_000_000).astype(str)),
        iban=ibans(country, 10_000_000 + index * 104729 % 900_000_000),
        gln=np.where(rng.random(count) < 0.6, glns(index), ""),
        haste=rng.standard_normal(count),
        coded=rng.random(count) < 0.5,
        csv=rng.random(count) < csv_share,
        monthly=rng.random(count) < 0.2,
        refers=rng.random(count) < 0.95,
        confirms=rng.random(count) < figures.CONFIRMED,
        combines=rng.random(count) < 0.3,
        remits=rng.random(count) < 0.4,
        bundles=rng.random(count) < 0.7,
        structured=rng.random(count) < 0.3,
        thursday=rng.random(count) < figures.THURSDAY,
    )


def relations(seed: int, town: Firms) -> Relations:
    """Return who supplies whom: four to eight suppliers a firm, more of them among large firms."""
    rng = stream(seed, "relations")
    wanted = rng.integers(4, 9, len(town))
    buyer = np.repeat(np.arange(len(town)), 14)  # some are drawn twice or are the buyer itself
    seller = _suppliers(rng, town, buyer)
    pair = buyer * len(town) + seller
    first = ranks(pair) == 0
    keep = first & (seller != buyer)
    buyer, seller = buyer[keep], seller[keep]
    keep = ranks(buyer) < wanted[buyer]
    buyer, seller = buyer[keep], seller[keep]
    weight = np.sqrt(town.size[seller]) * np.exp(0.5 * rng.standard_normal(len(buyer)))
    whole = np.bincount(buyer, weight, len(town))
    # Some firms mostly buy (and sell over the counter), some mostly sell: debts do not all meet.
    leaning = town.size * np.exp(LEANING * rng.standard_normal(len(town)))
    budget = ORDERS_MONTHLY * leaning / leaning.mean()
    return Relations(
        seller=seller, buyer=buyer, orders_monthly=budget[buyer] * weight / whole[buyer]
    )


def _areas(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return each firm's currency area; towns of fewer than 60 firms know the first only."""
    area = np.zeros(count, np.int64)
    if count < 10 * AREA_MIN:
        return area
    order, taken = rng.permutation(count), 0
    for number, share in enumerate(AREA_SHARE[1:], 1):
        many = max(AREA_MIN, round(share * count))
        area[order[taken : taken + many]] = number
        taken += many
    return area


def _suppliers(rng: np.random.Generator, town: Firms, buyer: np.ndarray) -> np.ndarray:
    """Draw a supplier for each row: a sector by the buyer's needs, in it a firm by its size."""
    needs = np.cumsum(INPUTS / INPUTS.sum(1, keepdims=True), 1)
    drawn = rng.random(len(buyer))
    sector = (drawn[:, None] > needs[town.sector[buyer]]).sum(1)
    place = rng.random(len(buyer))
    seller = np.empty(len(buyer), np.int64)
    for area in range(len(CURRENCIES)):
        here = np.flatnonzero(town.area == area)
        for number in range(len(SECTORS)):
            rows = np.flatnonzero((town.area[buyer] == area) & (sector == number))
            inside = here[town.sector[here] == number]
            # A small area has no firm, or one, of some sectors: any firm of the area will do.
            pool = inside if len(inside) > 2 else here
            if len(rows):
                steps = np.cumsum(np.sqrt(town.size[pool]))
                at = np.searchsorted(steps, place[rows] * steps[-1], side="right")
                seller[rows] = pool[np.minimum(at, len(pool) - 1)]
    return seller


def _names(mixed: np.ndarray, sector: np.ndarray) -> np.ndarray:
    """Return a name for each firm, no two alike below 19,200 firms of a sector."""
    roots, endings = len(_ROOTS), len(_ENDINGS)
    names = []
    for n, s in zip(mixed.tolist(), sector.tolist(), strict=True):
        root = _ROOTS[n % roots]
        ending = _ENDINGS[(n // roots + n * 7) % endings]
        form = _FORMS[(n // (roots * endings) + n * 3) % len(_FORMS)]
        names.append(f"{root}{ending} {SECTORS[s]} {form}")
    return np.array(names)


def _addresses(rng: np.random.Generator, mixed: np.ndarray, country: np.ndarray) -> np.ndarray:
    streets = _STREETS.split("|")
    house = rng.integers(1, 120, len(mixed)).tolist()
    made = []
    for n, number, land in zip(mixed.tolist(), house, country.tolist(), strict=True):
        town = f"{_ROOTS[n * 11 % len(_ROOTS)]}{_ENDINGS[n * 5 % 8]}"
        made.append(f"{number} {streets[n % len(streets)]}, {land}-{1000 + n * 11 % 60 * 8} {town}")
    return np.array(made)


def ibans(country: np.ndarray, account: np.ndarray) -> np.ndarray:
    """Return IBANs of a bank that does not exist, check digits right. Source: ISO 13616, 7064."""
    letters = {land: int(f"{ord(land[0]) - 55}{ord(land[1]) - 55}00") for land in COUNTRIES}
    tail = np.array([letters[land] % 97 for land in country.tolist()])
    head = _BANK_DIGITS * pow(10, 12, 97) % 97
    rest = ((head + account % 97) * pow(10, 6, 97) + tail) % 97
    return np.array(
        [
            f"{land}{98 - r:02d}{_BANK}{number:012d}"
            for land, r, number in zip(
                country.tolist(), rest.tolist(), account.tolist(), strict=True
            )
        ]
    )


def glns(index: np.ndarray) -> np.ndarray:
    """Return GS1 location numbers of the restricted range 2, check digit right."""
    body = 299_000_000_000 + index
    digits = (body[:, None] // 10 ** np.arange(11, -1, -1)) % 10
    check = -(digits * np.tile([1, 3], 6)).sum(1) % 10
    return (body * 10 + check).astype(str)
