"""The scene of a drill: the town's honest records, and who may be planted upon."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow.compute as pc
from msgspec import Struct, structs

from tailrace.base.errors import BadTerms
from tailrace.base.ids import digest_id
from tailrace.drill.papers import Firm, Good, Papers
from tailrace.records.ids import party_id
from tailrace.town import build
from tailrace.town.arrays import stream
from tailrace.town.records import parties_of, records

ON = date(2026, 3, 31)
MONTHS = 3
SUNDAY = 6
BASE = "base"  # what a fraud copies or stands beside: neither planted nor honest in the count


class Planted(Struct, frozen=True, kw_only=True):
    """One row of the truth: a claim that is not honest, and by how much (gross, minor units)."""

    kind: str
    number: str
    creditor: str  # VAT number
    excess_minor: int | None = None
    words: str | None = None  # what a finding must say where it names a pair or paper, not a claim
    what: str | None = None  # what was planted, for people


def account_number(place: int) -> str:
    """Return an IBAN of the drill's own bank, with its check digits (ISO 13616)."""
    own = f"DRIL{place:012}"
    digits = int("".join(str(int(sign, 36)) for sign in f"{own}XA00"))
    return f"XA{98 - digits % 97:02}{own}"


class Scene(Papers):
    """A town's honest records, and the papers laid among them.

    A pack and a seed have a town of their own, so that counts of different packs are independent
    of each other and may be added up. `rules` holds what a pack says of them, as `tailrace.toml`
    would. `other` is the book of a second lender, laid where a pack asks for one.
    """

    def __init__(self, pack: str, seed: int, firms: int) -> None:
        own = int(digest_id("drill town", pack, seed)[:12], 16)
        town = build(own, firms, months=MONTHS, on=ON, fraud_share=0, csv_share=0)
        super().__init__(digest_id("drill", pack, seed, firms), records(town))
        self.on = ON
        self.rng = stream(seed, f"drill {pack}")
        self.truth: list[Planted] = []
        self.sound: list[Planted] = []  # odd and honest: to be proven in full
        self.rules: dict[str, Any] = {}
        self.other: Papers | None = None
        f, named = town.firms, parties_of(town)
        names = dict(
            zip(*(self.honest["party"][c].to_pylist() for c in ("party_id", "name")), strict=True)
        )
        columns = (f.vat, named.trade, named.owner, named.account, f.iban)
        self.firms = [
            Firm(vat=v, party=p, owner=o, account=a, iban=i, name=names.get(p) or "")
            for v, p, o, a, i in zip(*(c.tolist() for c in columns), strict=True)
        ]
        euro = f.area[town.invoices.seller] == 0
        both = np.stack([town.invoices.seller[euro], town.invoices.buyer[euro]], 1)
        self._pairs = np.unique(both, axis=0)
        self._area = f.area
        self._last = self._last_numbers()

    def pairs(self, count: int, *, debtors: int = 1) -> list[tuple[Firm, Firm]]:
        """Return seller and buyer of pairs that trade in euro, at random, each once if enough.

        Only sellers of so many debtors.
        """
        sellers = self._pairs[:, 0]
        among = self._pairs[np.bincount(sellers)[sellers] >= debtors]
        if not len(among):
            mend = "ask for more firms: --firms 60"
            raise BadTerms(f"no seller has {debtors} debtors", where="the drill's town", mend=mend)
        at = self.rng.choice(len(among), count, replace=count > len(among))
        return [(self.firms[s], self.firms[b]) for s, b in among[at].tolist()]

    def billed(self, firm: Firm) -> list[tuple[str, date]]:
        """Return a seller's invoice numbers in order, each with its first day."""
        told = self.honest["document"].select(["kind", "seller_id", "number", "issued_on"])
        own = (pc.field("kind") == "invoice") & (pc.field("seller_id") == firm.party)
        rows = told.filter(own).to_pylist() + [
            row
            for row in self.laid["document"]
            if row["kind"] == "invoice" and row["seller_id"] == firm.party
        ]
        days: dict[str, date] = {}  # a number told twice is one number
        for row in rows:
            days[row["number"]] = min(row["issued_on"], days.get(row["number"], row["issued_on"]))
        return sorted(days.items())

    def ring(self, length: int) -> list[Firm]:
        """Return firms of the euro area, at random."""
        among = np.flatnonzero(self._area == 0)
        if length > len(among):
            mend = "ask for fewer, or for more firms: --firms 60"
            what = f"{length} firms in euro; the town has {len(among)}"
            raise BadTerms(what, where="the drill's town", mend=mend)
        at = self.rng.choice(among, length, replace=False)
        return [self.firms[i] for i in at.tolist()]

    def goods(self) -> Good:
        """Return goods of an item nobody else in the town trades."""
        n = int(self.rng.integers(10_000, 99_999))
        quantity, price = int(self.rng.integers(20, 400)), 50 * int(self.rng.integers(40, 900))
        return Good(item=f"D-{n}", name=f"Casting {n}", quantity=quantity, price=price)

    def day(self, least: int = 9, most: int = 25) -> date:
        """Return a day so many days before the scene's; the town bills on no Sunday."""
        day = self.on - timedelta(days=int(self.rng.integers(least, most + 1)))
        return day - timedelta(days=int(day.weekday() == SUNDAY))

    def number(self, issuer: Firm, kind: str = "invoice") -> str:
        """Return the next number of an issuer's own series."""
        last = self._last.get((kind, issuer.party), f"26{kind[0].upper()}90000")
        digits = len(last) - len(last.rstrip("0123456789"))
        following = last[: len(last) - digits] + str(int(last[-digits:]) + 1).zfill(digits)
        self._last[kind, issuer.party] = following
        return following

    def stranger(
        self,
        name: str,
        place: int,
        *,
        address: str | None = None,
        gln: str | None = None,
        iban: str | None = None,
    ) -> Firm:
        """Return a party outside the town: a factor or shell with number and account of its own."""
        vat, iban = f"XA99{place:07}", iban or account_number(place)
        known = [("VAT", vat), ("0088", gln)] if gln else [("VAT", vat)]
        party, account = party_id(known, name, "XA"), party_id([("IBAN", iban)], name, None)
        row = {"name": name, "legal_name": name, "country": "XA", "address": address}
        if not any(p["party_id"] == party for p in self.laid["party"]):
            self._row("party", None, party_id=party, **row)
            self._row("party", None, party_id=account, name=name)
            for who, scheme, value in (
                *((party, *number) for number in known),
                (party, "IBAN", iban),
                (account, "IBAN", iban),
            ):
                self._row("party_identifier", None, party_id=who, scheme=scheme, value=value)
        return Firm(vat=vat, party=party, owner=party, account=account, iban=iban, name=name)

    def branch(self, firm: Firm, name: str, gln: str) -> Firm:
        """Return a branch of a firm outside the town: the firm's VAT number, a GLN of its own."""
        known = [("VAT", firm.vat), ("0088", gln)]
        party = party_id(known, name, "XA")
        self._row("party", None, party_id=party, name=name, legal_name=name, country="XA")
        for scheme, value in known:
            self._row("party_identifier", None, party_id=party, scheme=scheme, value=value)
        return structs.replace(firm, party=party, name=name)

    def lender(self) -> Papers:
        """Return the book of a second lender, begun with the firms' names and nothing else."""
        if self.other is None:
            known = {kind: self.honest[kind] for kind in ("party", "party_identifier")}
            self.other = Papers(digest_id("second lender", self.source), known)
        return self.other

    def _last_numbers(self) -> dict[tuple[str, str], str]:
        table = self.honest["document"].select(["kind", "issuer_id", "number"])
        grouped = table.group_by(["kind", "issuer_id"]).aggregate([("number", "max")])
        rows = grouped.to_pylist()
        return {(r["kind"], r["issuer_id"]): r["number_max"] for r in rows if r["issuer_id"]}
