"""The scene of a drill: the town's honest records, and papers laid among them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct, structs

from tailrace.base.ids import digest_id
from tailrace.records.ids import document_id, line_id, party_id, payment_id
from tailrace.records.tables import RECORDS, SOURCE
from tailrace.town import build
from tailrace.town.arrays import stream
from tailrace.town.records import parties_of, records

ON = date(2026, 3, 31)
MONTHS = 3
BASE = "base"  # what a fraud copies or stands beside: neither planted nor honest in the count


class Firm(Struct, frozen=True, kw_only=True):
    """A firm as papers name it."""

    vat: str
    party: str
    owner: str
    account: str
    iban: str


class Good(Struct, frozen=True, kw_only=True):
    """Goods or work of one line: whole units at a price in minor units for `per` of them."""

    item: str
    name: str
    quantity: int
    price: int
    unit: str = "EA"
    per: int = 1

    def times(self, quantity: Decimal, price: Decimal = Decimal(1)) -> Good:
        """Return the goods with quantity and price multiplied, in whole units."""
        return structs.replace(
            self, quantity=int(self.quantity * quantity), price=int(self.price * price)
        )

    @property
    def net(self) -> int:
        """The line amount in minor units."""
        return self.quantity * self.price // self.per


class Planted(Struct, frozen=True, kw_only=True):
    """One row of the truth: a claim that is not honest, and by how much (gross, minor units)."""

    kind: str
    number: str
    creditor: str  # VAT number
    excess_minor: int | None = None
    words: str | None = None  # what a finding must say where it names a pair or paper, not a claim


def account_number(place: int) -> str:
    """Return an IBAN of the drill's own bank, with its check digits (ISO 13616)."""
    own = f"DRIL{place:012}"
    digits = int("".join(str(int(sign, 36)) for sign in f"{own}XA00"))
    return f"XA{98 - digits % 97:02}{own}"


class Scene:
    """Papers are laid one by one; `tables()` returns them with the town's."""

    def __init__(self, pack: str, seed: int, firms: int) -> None:
        town = build(seed, firms, months=MONTHS, on=ON, fraud_share=0, csv_share=0)
        named = parties_of(town)
        self.on = ON
        self.rng = stream(seed, f"drill {pack}")
        self.honest = records(town)
        self.truth: list[Planted] = []
        self.sound: list[Planted] = []  # odd and honest: to be proven in full
        self.source = digest_id("drill", pack, seed, firms)
        self.laid: dict[str, list[dict[str, Any]]] = {s.kind: [] for s in (*RECORDS, SOURCE)}
        columns = (named.trade, named.owner, named.account)
        trade, owner, account = (c.to_pylist() for c in columns)
        f = town.firms
        self.firms = [
            Firm(vat=v, party=p, owner=o, account=a, iban=i)
            for v, p, o, a, i in zip(
                f.vat.tolist(), trade, owner, account, f.iban.tolist(), strict=True
            )
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
        at = self.rng.choice(len(among), count, replace=count > len(among))
        return [(self.firms[s], self.firms[b]) for s, b in among[at].tolist()]

    def before_last(self, firm: Firm, numbers: int) -> date | None:
        """Return the first day of a seller's last so many invoice numbers, None of fewer."""
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
        last = sorted(days)[-numbers:]
        return min(days[number] for number in last) if len(last) == numbers else None

    def ring(self, length: int) -> list[Firm]:
        """Return firms of the euro area, at random."""
        at = self.rng.choice(np.flatnonzero(self._area == 0), length, replace=False)
        return [self.firms[i] for i in at.tolist()]

    def goods(self) -> Good:
        """Return goods of an item nobody else in the town trades."""
        n = int(self.rng.integers(10_000, 99_999))
        quantity, price = int(self.rng.integers(20, 400)), 50 * int(self.rng.integers(40, 900))
        return Good(item=f"D-{n}", name=f"Casting {n}", quantity=quantity, price=price)

    def day(self, least: int = 9, most: int = 25) -> date:
        """Return a day so many days before the scene's."""
        return self.on - timedelta(days=int(self.rng.integers(least, most + 1)))

    def number(self, issuer: Firm, kind: str = "invoice") -> str:
        """Return the next number of an issuer's own series."""
        last = self._last.get((kind, issuer.party), f"26{kind[0].upper()}90000")
        digits = len(last) - len(last.rstrip("0123456789"))
        following = last[: len(last) - digits] + str(int(last[-digits:]) + 1).zfill(digits)
        self._last[kind, issuer.party] = following
        return following

    def stranger(
        self, name: str, place: int, *, address: str | None = None, gln: str | None = None
    ) -> Firm:
        """Return a party outside the town: a factor or shell with number and account of its own."""
        vat, iban = f"XA99{place:07}", account_number(place)
        known = [("VAT", vat), ("0088", gln)] if gln else [("VAT", vat)]
        party, account = party_id(known, name, "XA"), party_id([("IBAN", iban)], name, None)
        row = {"name": name, "legal_name": name, "country": "XA", "address": address}
        if not any(p["party_id"] == party for p in self.laid["party"]):
            self._row("party", party_id=party, **row)
            self._row("party", party_id=account, name=name)
            for who, scheme, value in (
                *((party, *number) for number in known),
                (party, "IBAN", iban),
                (account, "IBAN", iban),
            ):
                self._row("party_identifier", party_id=who, scheme=scheme, value=value)
        return Firm(vat=vat, party=party, owner=party, account=account, iban=iban)

    def branch(self, firm: Firm, name: str, gln: str) -> Firm:
        """Return a branch of a firm outside the town: the firm's VAT number, a GLN of its own."""
        known = [("VAT", firm.vat), ("0088", gln)]
        party = party_id(known, name, "XA")
        self._row("party", party_id=party, name=name, legal_name=name, country="XA")
        for scheme, value in known:
            self._row("party_identifier", party_id=party, scheme=scheme, value=value)
        return structs.replace(firm, party=party)

    def paper(
        self, kind: str, number: str, day: date, seller: Firm, buyer: Firm, **said: Any
    ) -> str:
        """Lay a document; return its id."""
        by_buyer = kind in ("order", "receipt", "acceptance", "timesheet")
        document = document_id(self.source, len(self.laid["document"]))
        row = {
            "kind": kind,
            "number": number,
            "issued_on": day,
            "issuer_id": buyer.party if by_buyer else seller.party,
            "seller_id": seller.party,
            "buyer_id": buyer.party,
        }
        self._row("document", document_id=document, **(row | said))
        return document

    def line(
        self, document: str, good: Good, *, order: str | None, at: int = 1, **said: Any
    ) -> str:
        """Lay a line of a document, and its reference to the order line it belongs to."""
        line = line_id(document, len(self.laid["line"]))
        named = {"order_ref": order, "order_line_ref": str(at)} if order else {}
        row = {
            "line_ref": str(at),
            "item_ref": good.item,
            "item_name": good.name,
            "quantity": Decimal(good.quantity),
            "unit": good.unit,
            **named,
            **said,
        }
        self._row("line", line_id=line, document_id=document, **row)
        if order:
            self.refer(document, "order", order, line=line, to_line=str(at))
        return line

    def refer(self, document: str, kind: str, number: str, **said: Any) -> None:
        """Lay a reference of a document, or of one of its lines, to another document."""
        line = said.pop("line", None)
        row = {"document_id": document, "line_id": line, "to_kind": kind, "to_number": number}
        self._row("reference", **row, **said)

    def pay(self, payer: Firm, payee: Firm, amount: int, text: str, day: date) -> None:
        """Lay a payment as the payee's bank tells it."""
        place = len(self.laid["payment"])
        statement = document_id(self.source, len(self.laid["document"]))
        self._row(
            "document",
            document_id=statement,
            kind="statement",
            number=f"DRILL-S{place:05}",
            issued_on=day,
            currency="EUR",
        )
        self._row(
            "payment",
            payment_id=payment_id(self.source, place),
            document_id=statement,
            told_by="bank",
            direction="credit",
            reversal=False,
            amount_minor=amount,
            currency="EUR",
            debtor_id=payer.account,
            creditor_id=payee.owner,
            debtor_account=payer.iban,
            creditor_account=payee.iban,
            end_to_end_ref=f"DRILL-E{place:05}",
            remittance_text=text,
            booked_on=day,
            value_on=day,
        )

    def bank(self, firm: Firm, account: str, day: date) -> None:
        """Let a bank tell an account of a firm: a statement that opens it with nothing."""
        statement = document_id(self.source, len(self.laid["document"]))
        place = len(self.laid["statement_entry"])
        row = {"number": f"DRILL-O{place:05}", "issued_on": day, "currency": "EUR"}
        self._row("document", document_id=statement, kind="statement", **row)
        self._row(
            "statement_entry",
            statement_entry_id=digest_id("entry", self.source, place),
            document_id=statement,
            account=account,
            owner_id=firm.owner,
            entry="opening",
            amount_minor=0,
            currency="EUR",
            reversal=False,
            booked_on=day,
        )

    def read(self, meter: str, reader: Firm, day: date, value: int) -> None:
        """Lay what a meter's running total showed at the beginning of a day."""
        self._row(
            "reading",
            reading_id=digest_id("reading", self.source, len(self.laid["reading"])),
            meter_ref=meter,
            to_at=datetime.combine(day, time(), UTC),
            value=Decimal(value),
            unit="KWH",
            quality="measured",
            cumulative=True,
            reader_id=reader.party,
        )

    def file(self, form: str) -> str:
        """Return the source of papers that came in a format, beside those of the scene's own."""
        source = digest_id("drill file", self.source, form)
        if all(row["source_id"] != source for row in self.laid["source"]):
            row = {"format": form, "size": 0, "documents": 0, "faults": 0}
            self.laid["source"].append({"source_id": source, "name": f"drill.{form}", **row})
        return source

    def tables(self) -> dict[str, pa.Table]:
        """Return the record tables: the town's rows, then what was laid."""
        made = {}
        for schema in (*RECORDS, SOURCE):
            rows = schema.rows(self.laid[schema.kind])
            old = self.honest.get(schema.kind)
            made[schema.kind] = pa.concat_tables([schema.cast(old), rows]) if old else rows
        return made

    def _row(self, kind: str, /, **row: Any) -> None:
        place = {"source_id": self.source, "position": len(self.laid[kind])}
        self.laid[kind].append({**place, **row})

    def _last_numbers(self) -> dict[tuple[str, str], str]:
        table = self.honest["document"].select(["kind", "issuer_id", "number"])
        grouped = table.group_by(["kind", "issuer_id"]).aggregate([("number", "max")])
        rows = grouped.to_pylist()
        return {(r["kind"], r["issuer_id"]): r["number_max"] for r in rows if r["issuer_id"]}
