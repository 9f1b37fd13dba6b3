"""The objects of a procure-to-pay log as documents, lines, references and payments.

An order with its materials is an order and its lines; a goods receipt with its materials a receipt
and its lines; an invoice receipt an invoice; a payment object a remittance with one payment for each
time it was executed, so that a payment made twice is seen twice. The log gives invoices no lines,
and most receipts none: none are made up. Which names mean what is data (`ocel_tables.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from tailrace.base import dates, money, quantity
from tailrace.base.errors import BadTerms
from tailrace.formats import ocel_tables as names
from tailrace.formats.ocel_log import Event, Log, Object
from tailrace.formats.ocel_tables import bare
from tailrace.formats.rows import Rows
from tailrace.records import ids

_DOCUMENTS = ("order", "receipt", "invoice", "payment")
# Who refers to whom where both are there, whichever of the two the log hangs the relation on.
_REFERS = {
    "order": ("tender", "requisition"),
    "receipt": ("order",),
    "invoice": ("order", "receipt"),
    "payment": ("order", "receipt", "invoice"),
}


def write_documents(log: Log, rows: Rows) -> None:
    """Add the documents of the log's objects, and a Fault for each object no row holds."""
    _Writer(log, rows).write()


class _Writer:
    def __init__(self, log: Log, rows: Rows) -> None:
        self.log, self.rows = log, rows
        self.events: dict[str, list[Event]] = {}
        for event in log.events:
            for object_id in dict.fromkeys(o for o, _ in event.touched):
                self.events.setdefault(object_id, []).append(event)
        self.near: dict[str, list[str]] = {}  # objects related, whichever side said so
        for found in log.objects.values():
            for other, _ in found.relations:
                self.near.setdefault(found.id, []).append(other)
                self.near.setdefault(other, []).append(found.id)
        self.held: set[str] = set(self.events)
        self.parties: set[str] = set()
        self.unsaid = 0

    def write(self) -> None:
        for found in self.log.objects.values():
            if found.kind in _DOCUMENTS:
                self._document(found)
        for found in self.log.objects.values():
            if found.id not in self.held:
                what = f"{found.type} {found.id!r} is touched by no event and on no document"
                mend = "relate it to its order, or name its type in ocel_tables.py"
                self._fault(found, what, mend)
        if self.unsaid:
            what = f"{self.unsaid} amounts name no currency and are read as {names.CURRENCY_UNSAID}"
            mend = "give orders, invoices or payments a currency attribute"
            self.rows.faults.append(self.log.fault(0, what, mend))

    def _document(self, found: Object) -> None:
        day = self._day(found)
        if day is None:
            what = f"{found.type} {found.id!r} refused: no event and no attribute gives its day"
            self._fault(found, what, "give it the event that made it, or a posting date")
            self.held.add(found.id)
            return
        self.held.add(found.id)
        document = self._head(found, day)
        if found.kind == "order":
            document["status_code"] = _text(found.said(names.ORDER["status_code"]))
            document["note"] = found.rest(names.ORDER, names.ORDERED)
            self._order_lines(found, document)
        elif found.kind == "receipt":
            document["delivered_on"] = self._day(found, last=True)
            document["note"] = found.rest()
            self._receipt_lines(found, document)
        elif found.kind == "invoice":
            document["note"] = found.rest({"payable": names.INVOICE["payable"]})
            document["payable_minor"] = self._amount(
                found, names.INVOICE["payable"], document["currency"]
            )
        else:
            document["note"] = found.rest(names.PAYMENT)
            self._payments(found, document)
        self.rows.add("document", document)
        self._references(found, document)

    def _head(self, found: Object, day: date) -> dict[str, Any]:
        """Return what every document says: its parties are those of its orders."""
        buyer, seller = self._party(found, "buyer"), self._party(found, "seller")
        kind = "remittance" if found.kind == "payment" else found.kind
        return {
            "document_id": ids.document_id(self.log.source_id, found.position),
            "kind": kind,
            "number": found.id,
            "issued_on": day,
            "issuer_id": seller if kind == "invoice" else buyer,
            "seller_id": seller,
            "buyer_id": buyer,
            "currency": self._currency(found),
            "source_id": self.log.source_id,
            "position": found.position,
        }

    def _order_lines(self, order: Object, document: dict[str, Any]) -> None:
        items = self._related(order, "item")
        for item in items:
            self._line(document, item, names.ITEM, order=None, sign=1)
        if not items and order.said(names.ORDERED["item_ref"]) is not None:
            self._line(document, order, names.ORDERED, order=None, sign=1)

    def _receipt_lines(self, receipt: Object, document: dict[str, Any]) -> None:
        """Write the materials that arrived, taken out again by a reversing movement."""
        movement = str(receipt.said(names.RECEIPT["movement"]) or "")
        sign = -1 if movement in names.REVERSED else 1
        for item in self._related(receipt, "item"):
            orders = self._related(item, "order")
            order = orders[0].id if len(orders) == 1 else None
            self._line(document, item, names.ITEM, order=order, sign=sign)

    def _line(
        self,
        document: dict[str, Any],
        item: Object,
        said: Mapping[str, tuple[str, ...]],
        *,
        order: str | None,
        sign: int,
    ) -> None:
        self.held.add(item.id)
        amount = self._number(item, said["quantity"])
        line = {
            "line_id": ids.line_id(document["document_id"], item.position),
            "document_id": document["document_id"],
            "line_ref": item.id,
            "item_ref": _text(item.said(said["item_ref"])),
            "quantity": None if amount is None else sign * amount,
            "unit": _text(item.said(said["unit"])) if "unit" in said else None,
            "price": self._number(item, said["price"]),
            "order_ref": order,
            "order_line_ref": item.id if order else None,
            "note": item.rest(said) if said is names.ITEM else None,
            "source_id": self.log.source_id,
            "position": item.position,
        }
        self.rows.add("line", line)
        if order:
            self._refer(document, "order", order, item.position, item.id, line["line_id"])

    def _payments(self, found: Object, document: dict[str, Any]) -> None:
        """Write one payment for each execution: the same payment twice is two rows."""
        amount = self._amount(found, names.PAYMENT["amount"], document["currency"])
        events = self._events(found, "payment")
        if amount is None or amount <= 0:
            if events:
                what = f"payment {found.id!r} has no amount above zero: its executions stay events"
                self._fault(found, what, "give payment objects an amount attribute")
            return
        invoices = self._near(found, "invoice")
        for event in events:
            touched = [self.log.objects.get(object_id) for object_id, _ in event.touched]
            paid_here = [o.id for o in touched if o and o.kind == "payment"]
            place = paid_here.index(found.id)  # one event may execute several payments
            where = {"source_id": self.log.source_id, "position": event.position + place}
            payment = {
                "payment_id": ids.payment_id(self.log.source_id, event.position + place),
                "document_id": document["document_id"],
                "told_by": "debtor",
                "reversal": False,
                "amount_minor": amount,
                "currency": document["currency"],
                "debtor_id": document["buyer_id"],
                "creditor_id": document["seller_id"],
                "end_to_end_ref": found.id,
                "booked_on": event.happened_at.date(),
                **where,
            }
            self.rows.add("payment", payment)
            for invoice in invoices:
                paid = {"payment_id": payment["payment_id"], "to_kind": "invoice"}
                self.rows.add("allocation", {**paid, "to_number": invoice, **where})

    def _references(self, found: Object, document: dict[str, Any]) -> None:
        """Write what the object is related to, and what its kind refers to by custom."""
        wanted = [(o, q) for o, q in found.relations]
        wanted += [(o, None) for o in self.near.get(found.id, ()) if o in self.log.objects]
        if found.kind == "order":
            for tender in self._related(found, "tender"):
                wanted += [(r.id, None) for r in self._related(tender, "requisition")]
        said = {o for o, _ in found.relations}
        done: set[str] = set()
        for other, qualifier in wanted:
            there = self.log.objects.get(other)
            kind = there.kind if there else names.kind_of_absent(other, qualifier)
            custom = kind in _REFERS.get(found.kind or "", ())
            if other in done or (kind == "item" and there) or not (other in said or custom):
                continue
            done.add(other)
            self.held.add(other)
            to_kind = "object" if kind is None or kind == "item" else kind
            self._refer(document, to_kind, other, found.position, None, None)

    def _refer(
        self,
        document: dict[str, Any],
        to_kind: str,
        number: str,
        position: int,
        line: str | None,
        line_id: str | None,
    ) -> None:
        row = {"document_id": document["document_id"], "line_id": line_id, "to_kind": to_kind}
        row.update(to_number=number, to_line=line)
        row.update(source_id=self.log.source_id, position=position)
        self.rows.add("reference", row)

    # What stands around an object

    def _related(self, found: Object, kind: str) -> list[Object]:
        """Return the objects of a kind related to this one, in order and once each."""
        near = dict.fromkeys(self.near.get(found.id, ()))
        objects = [self.log.objects[o] for o in near if o in self.log.objects]
        return [o for o in objects if o.kind == kind]

    def _near(self, found: Object, kind: str) -> list[str]:
        """Return the ids of related objects of a kind, those that are absent too."""
        related = [(o, q) for o, q in found.relations if o not in self.log.objects]
        absent = [o for o, q in related if names.kind_of_absent(o, q) == kind]
        return [o.id for o in self._related(found, kind)] + absent

    def _orders(self, found: Object) -> list[Object]:
        """Return the orders an object belongs to, at most two steps away."""
        if found.kind == "order":
            return [found]
        direct = self._related(found, "order")
        if direct:
            return direct
        steps = [o for kind in ("receipt", "invoice") for o in self._related(found, kind)]
        return [order for step in steps for order in self._related(step, "order")]

    def _party(self, found: Object, role: str) -> str | None:
        """Return the party in this role if all its orders name the same one."""
        orders = self._orders(found)
        said = {name for o in orders if (name := _text(o.said(names.ORDER[role])))}
        if len(said) != 1:
            return None
        name = said.pop()
        party = ids.party_id((), name, None)
        if party not in self.parties:
            self.parties.add(party)
            where = {"source_id": self.log.source_id, "position": orders[0].position}
            self.rows.add("party", {"party_id": party, "name": name, **where})
        return party

    def _currency(self, found: Object) -> str:
        said = found.said(names.PAYMENT["currency"] + names.INVOICE["currency"])
        orders = [o.said(names.ORDER["currency"]) for o in self._orders(found)]
        for currency in (said, *orders):
            if isinstance(currency, str) and currency in money.EXPONENTS:
                return currency
        return names.CURRENCY_UNSAID

    def _events(self, found: Object, kind: str) -> list[Event]:
        activities = {bare(a) for a in names.ACTIVITIES[kind]}
        return [e for e in self.events.get(found.id, ()) if bare(e.activity) in activities]

    def _day(self, found: Object, *, last: bool = False) -> date | None:
        """Return the day of the event that made it, else of its first event, else as it says."""
        events = self._events(found, found.kind or "") or self.events.get(found.id, [])
        if events:
            moments = [event.happened_at for event in events]
            return (max(moments) if last else min(moments)).date()
        said = found.said(names.RECEIPT["day"] + names.INVOICE["day"])
        try:
            return dates.day(str(said)[:10]) if said is not None else None
        except BadTerms:
            return None

    # What an attribute says

    def _amount(self, found: Object, aliases: Iterable[str], currency: str) -> int | None:
        value = self._decimal(found, tuple(aliases))
        if value is None:
            return None
        if found.said(names.PAYMENT["currency"] + names.INVOICE["currency"]) is None:
            self.unsaid += 1
        try:
            return money.minor(value, currency)
        except BadTerms as why:
            self._fault(found, f"{found.type} {found.id!r}: {why.what}", why.mend)
            return None

    def _number(self, found: Object, aliases: tuple[str, ...]) -> Decimal | None:
        value = self._decimal(found, aliases)
        try:
            return None if value is None else quantity.fit(value)
        except BadTerms as why:
            self._fault(found, f"{found.type} {found.id!r}: {why.what}", why.mend)
            return None

    def _decimal(self, found: Object, aliases: tuple[str, ...]) -> Decimal | None:
        said = found.said(aliases)
        if said is None or isinstance(said, Decimal):
            return said
        try:
            return quantity.xs_decimal(str(said))
        except BadTerms as why:
            self._fault(found, f"{found.type} {found.id!r}: {why.what}", why.mend)
            return None

    def _fault(self, found: Object, what: str, mend: str) -> None:
        self.rows.faults.append(self.log.fault(found.position, what, mend))


def _text(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)
