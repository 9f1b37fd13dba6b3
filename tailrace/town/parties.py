"""How the town's firms stand in documents: the same firm under its VAT number, its GLN, its account.

Orders and invoices name a firm by VAT number and, where it has one, GLN; despatch advices and
receipts of a firm with a GLN name it by that alone; a bank names the owner of an account by account
and VAT number, and the other side by name and account. Evidence has to see that these are one.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from msgspec import Struct

from tailrace.base.tables import TEXT
from tailrace.records.ids import party_id
from tailrace.town.arrays import stream
from tailrace.town.firms import COUNTRIES, Firms, ibans

STRANGERS = ("Nightjar Receivables", "Marsh Lantern Capital", "Sable Holdings", "Fogbank Factors")
STRANGER_ACCOUNTS = 910_000_000  # no firm's account has as high a number


class Parties(Struct, frozen=True, kw_only=True):
    """The id of each firm in each part, and the rows that say what the ids stand for."""

    trade: pa.Array  # by place of the firm
    goods: pa.Array
    owner: pa.Array
    account: pa.Array
    stranger: pa.Array  # by place of the stranger
    stranger_name: list[str]
    stranger_iban: np.ndarray
    rows: list[dict[str, str | None]]
    identifiers: list[dict[str, str]]


def parties(seed: int, town: Firms, strangers: int) -> Parties:
    """Return how each firm is named, and `strangers` accounts that belong to no firm."""
    rows: dict[str, dict[str, str | None]] = {}
    numbers: dict[tuple[str, str, str], None] = {}

    def named(known: list[tuple[str, str]], said: list[tuple[str, str]], **row: str | None) -> str:
        party = party_id(known, row.get("name") or row.get("legal_name"), row.get("country"))
        rows.setdefault(party, {"party_id": party, **row})
        numbers.update(dict.fromkeys((party, scheme, value) for scheme, value in known + said))
        return party

    trade, goods, owner, account = [], [], [], []
    columns = (town.name, town.country, town.address, town.vat, town.gln, town.iban)
    for name, country, address, vat, gln, iban in zip(*(c.tolist() for c in columns), strict=True):
        place = {"country": country, "address": address}
        both = [("VAT", vat), ("0088", gln)] if gln else [("VAT", vat)]
        trade.append(named(both, [("IBAN", iban)], name=name, legal_name=name, **place))
        alone = [("0088", gln)] if gln else both
        goods.append(named(alone, [], name=name, legal_name=name, **place))
        owner.append(named([("VAT", vat)], [("IBAN", iban)], name=name, legal_name=name, **place))
        account.append(named([("IBAN", iban)], [], name=name))
    rng = stream(seed, "strangers")
    land = np.array(COUNTRIES)[np.zeros(strangers, np.int64)]
    ibans_of = ibans(land, STRANGER_ACCOUNTS + rng.permutation(strangers))
    names = [STRANGERS[n % len(STRANGERS)] for n in range(strangers)]
    strange = [
        named([("IBAN", iban)], [], name=name)
        for iban, name in zip(ibans_of.tolist(), names, strict=True)
    ]
    return Parties(
        trade=pa.array(trade, TEXT),
        goods=pa.array(goods, TEXT),
        owner=pa.array(owner, TEXT),
        account=pa.array(account, TEXT),
        stranger=pa.array(strange, TEXT),
        stranger_name=names,
        stranger_iban=ibans_of,
        rows=list(rows.values()),
        identifiers=[
            {"party_id": party, "scheme": scheme, "value": value}
            for party, scheme, value in numbers
        ],
    )
