"""From a camt.053 as the mapping read it to rows of the record model.

Source: ISO 20022 camt.053.001.08 message definition report: CreditDebitIndicator and
ReversalIndicator of an entry, balance types OPBD, PRCD and CLBD, RelatedParties.
"""

from __future__ import annotations

from typing import Any

from tailrace.base.errors import BadTerms
from tailrace.base.money import EXPONENTS, decimal
from tailrace.formats.kinds import amount
from tailrace.formats.mapping import POSITION, Record
from tailrace.formats.parties import Pair, Parties, account_pair, bare, joined
from tailrace.formats.rows import Rows
from tailrace.formats.xml import Walked
from tailrace.records.ids import document_id, payment_id, statement_entry_id

CREDIT, DEBIT = "CRDT", "DBIT"
BOOKED = "BOOK"
NOT_PROVIDED = "NOTPROVIDED"
OPENING, CLOSING = ("OPBD", "PRCD"), ("CLBD",)  # the first of each that a statement has counts
# External codes of an organisation's number; any other code, and proprietary names, stay as written.
SCHEMES = {"DUNS": "0060", "GS1G": "0088", "COID": "REG", "CUST": "CUSTOMER", "TXID": "TAX"}
DOCUMENTS = {"CINV": "invoice", "CREN": "credit_note", "CNFA": "credit_note", None: "invoice"}


class Reader:
    """One statement on its way to rows."""

    def __init__(self, walked: Walked, raw: Record) -> None:
        self.raw, self.trouble = raw, walked.trouble
        self.source_id = walked.trouble.source
        self.position: int = raw[POSITION]
        self.document_id = document_id(self.source_id, self.position)
        self.parties = Parties(self.source_id)
        self.rows = Rows()
        self.account = _account(raw, "account")
        self.owner_id: str | None = None
        self.whole = ":camt.053." in walked.tag  # a statement; else a report or a notification

    def where(self, position: int) -> dict[str, Any]:
        return {"source_id": self.source_id, "position": position}

    def party(self, raw: Record | None, account: str | None = None) -> str | None:
        """Return the id of a party as the bank describes it, known also by its account."""
        if raw is None and account is None:
            return None
        raw = raw or {}
        pairs = _identifiers(raw)
        if account:
            pairs.append(account_pair(account))
        street = " ".join(part for part in (raw.get("street"), raw.get("house")) if part)
        place = " ".join(part for part in (raw.get("zone"), raw.get("town")) if part)
        lines = [line for line in raw.get("lines", ()) if line]
        return self.parties.add(
            pairs,
            name=raw.get("name"),
            country=raw.get("country"),
            address=joined([street, place, *lines]),
            position=raw.get(POSITION, self.position),
        )


def _account(raw: Record, role: str) -> str | None:
    """Return an account as written, without blanks; an IBAN comes before another number."""
    found = raw.get(role) or raw.get(f"{role}_other")
    return account_pair(found)[1] if found else None


def _identifiers(raw: Record) -> list[Pair]:
    pairs: list[Pair] = []
    for number in (*raw.get("numbers", ()), *raw.get("private", ())):
        if number.get("value"):
            code = number.get("code")
            scheme = SCHEMES.get(code, code) if code else number.get("scheme") or "ID"
            pairs.append((scheme, bare(number["value"])))
    if raw.get("lei"):
        pairs.append(("0199", bare(raw["lei"])))
    if raw.get("bic"):
        pairs.append(("BIC", bare(raw["bic"])))
    return pairs


def rows_of(walked: Walked) -> Rows:
    """Return the rows of every statement of a file.

    Out: document, statement_entry, payment, allocation, party, party_identifier. Where opening
    balance plus booked entries is not the closing balance, a fault says so beside the rows.
    """
    whole = Rows()
    statements = walked.record.get("statements", ())
    if not statements:
        raise BadTerms("the file has no statement", where="", mend="send the file with its Stmt")
    for raw in statements:
        reader = Reader(walked, raw)
        _statement(reader, walked.record)
        for table, rows in reader.rows.tables.items():
            whole.extend(table, rows)
        whole.extend("party", reader.parties.rows.values())
        whole.extend("party_identifier", reader.parties.identifiers.values())
    return whole


def _statement(reader: Reader, head: Record) -> None:
    raw = reader.raw
    issued_on = raw.get("issued_on") or head.get("created_on")
    if reader.account is None or issued_on is None:
        mend = "name the account and the day the statement was made"
        raise BadTerms("a statement without account or CreDtTm", where="", mend=mend)
    reader.owner_id = reader.party(raw.get("owner"), reader.account)
    currency = raw.get("currency")
    if currency is not None and currency not in EXPONENTS:
        mend = "use a three-letter ISO 4217 code, as EUR or JPY"
        reader.trouble.note(f"unknown currency {currency!r}", mend, reader.position)
        currency = None
    if currency is None:
        amounts = [*raw.get("balances", ()), *raw.get("entries", ())]
        currency = next((a["amount"][1] for a in amounts if a["amount"][1]), None)
    reader.rows.add("document", {
        "document_id": reader.document_id,
        "kind": "statement",
        "number": raw["number"],
        "issued_on": issued_on,
        "issuer_id": reader.party(raw.get("bank")),
        "currency": currency,
        "note": raw.get("note"),
        **reader.where(reader.position),
    })  # fmt: skip
    if not reader.whole:
        for entry in raw.get("entries", ()):
            _entry(reader, entry)
        reader.rows.tables.pop("statement_entry", None)  # the statement will tell them again
        return
    opening = _balance(reader, "opening", OPENING)
    booked = [_entry(reader, entry) for entry in raw.get("entries", ())]
    closing = _balance(reader, "closing", CLOSING)
    _check(reader, opening, booked, closing)


def _signed(raw: Record) -> tuple[int, str]:
    """Return an amount, credit above zero and debit below, and its currency."""
    value, code, _ = raw["amount"]
    if code is None or value < 0:
        what = "an amount without Ccy" if code is None else "an amount below zero"
        raise BadTerms(what, where="", mend="say amounts above zero with their currency")
    if raw["direction"] not in (CREDIT, DEBIT):
        what = f"CdtDbtInd {raw['direction'][:20]!r} is neither {CREDIT} nor {DEBIT}"
        raise BadTerms(what, where="", mend="say which way the money went")
    return (value if raw["direction"] == CREDIT else -value), code


def _balance(reader: Reader, entry: str, types: tuple[str, ...]) -> tuple[int, str] | None:
    """Add the opening or closing balance; interim and available balances are passed over."""
    balances = reader.raw.get("balances", ())
    for wanted in types:
        found = [b for b in balances if b.get("type") == wanted]
        if len(found) > 1:
            mend = "a statement has one booked balance of each type; neither is taken"
            what = f"balance {wanted} is said {len(found)} times"
            reader.trouble.note(what, mend, found[1][POSITION])
            return None
        for balance in found:
            signed, code = _signed(balance)
            reader.rows.add("statement_entry", {
                **_entry_head(reader, balance[POSITION]),
                "entry": entry,
                "amount_minor": signed,
                "currency": code,
                "reversal": False,
                "booked_on": balance.get("booked_on"),
            })  # fmt: skip
            return signed, code
    return None


def _entry_head(reader: Reader, position: int) -> dict[str, Any]:
    raw = reader.raw
    return {
        "statement_entry_id": statement_entry_id(reader.source_id, position),
        "document_id": reader.document_id,
        "account": reader.account,
        "owner_id": reader.owner_id,
        "sequence": raw.get("sequence") or raw.get("legal_sequence"),
        **reader.where(position),
    }


def _entry(reader: Reader, raw: Record) -> tuple[int, str] | None:
    """Add an entry and its payments; return its signed amount if it is booked."""
    signed, code = _signed(raw)
    parts = [raw.get("domain"), raw.get("family"), raw.get("subfamily")]
    reader.rows.add("statement_entry", {
        **_entry_head(reader, raw[POSITION]),
        "entry": "entry",
        "amount_minor": signed,
        "currency": code,
        "reversal": bool(raw.get("reversal")),
        "status": raw.get("status"),
        "booked_on": raw.get("booked_on"),
        "value_on": raw.get("value_on"),
        "bank_code": "/".join(p for p in parts if p) or raw.get("bank_code"),
        "entry_ref": raw.get("entry_ref") or raw.get("entry_number"),
        "text": raw.get("text"),
    })  # fmt: skip
    if raw.get("status") not in (BOOKED, None):
        return None  # announced, not booked: no money has moved
    transactions = raw.get("transactions") or [{POSITION: raw[POSITION]}]
    told = [_payment(reader, raw, one, len(transactions) == 1) for one in transactions]
    same = [value for value, currency in told if currency == code]
    if len(told) > 1 and len(same) == len(told) and sum(same) != signed:
        what = f"the transactions sum to {decimal(sum(same), code)} {code}"
        what += f", their entry says {decimal(signed, code)}"
        reader.trouble.note(what, "ask the bank which is right; both are kept", raw[POSITION])
    return signed, code


def _amount(reader: Reader, entry: Record, one: Record, alone: bool) -> tuple[int, str]:
    """Return what a transaction moved: its own amount, else its entry's where it is alone."""
    for column in ("amount", "in_details", "instructed"):
        value = one.get(column)
        if value and value[1] is not None:
            return value[0], value[1]
    if not alone:
        what = "one of several transactions of an entry has no amount"
        raise BadTerms(what, where="", mend="each TxDtls of a batch says its Amt with Ccy")
    return entry["amount"][0], entry["amount"][1]


def _payment(reader: Reader, entry: Record, one: Record, alone: bool) -> tuple[int, str]:
    """Add a payment. The side that the bank does not name is the owner of the account.

    In a reversal the parties keep the parts they had in the payment taken back, so there a credit
    comes back to the debtor.
    """
    value, code = _amount(reader, entry, one, alone)
    indicator = one.get("direction") or entry["direction"]
    if alone and indicator != entry["direction"]:
        what = f"the only transaction of an entry is {indicator}, the entry {entry['direction']}"
        reader.trouble.note(what, "the entry's is taken: it moved the account", one[POSITION])
        indicator = entry["direction"]
    reversal = bool(entry.get("reversal"))
    owner_is_creditor = (indicator == CREDIT) != reversal
    own, other = ("creditor", "debtor") if owner_is_creditor else ("debtor", "creditor")
    accounts = {own: _account(one, f"{own}_account") or reader.account,
                other: _account(one, f"{other}_account")}  # fmt: skip
    mine = accounts[own] == reader.account and not one.get(own)
    parties = {own: reader.owner_id if mine else reader.party(one.get(own), accounts[own]),
               other: reader.party(one.get(other), accounts[other])}  # fmt: skip
    position = one[POSITION]
    identity = payment_id(reader.source_id, position)
    structured = one.get("structured", ())
    end_to_end = one.get("end_to_end_ref")
    text = " ".join(part for part in one.get("unstructured", ()) if part)
    reader.rows.add("payment", {
        "payment_id": identity,
        "document_id": reader.document_id,
        "told_by": "bank",
        "direction": "credit" if indicator == CREDIT else "debit",
        "reversal": reversal,
        "amount_minor": value,
        "currency": code,
        "debtor_id": parties["debtor"],
        "creditor_id": parties["creditor"],
        "debtor_account": accounts["debtor"],
        "creditor_account": accounts["creditor"],
        "end_to_end_ref": None if end_to_end == NOT_PROVIDED else end_to_end,
        "uetr": one.get("uetr"),
        "structured_ref": next((s["structured_ref"] for s in structured
                                if s.get("structured_ref")), None),
        "remittance_text": text or one.get("information"),
        "booked_on": entry.get("booked_on"),
        "value_on": entry.get("value_on"),
        **reader.where(position),
    })  # fmt: skip
    for one_structured in structured:
        _allocations(reader, one_structured, identity, code)
    return (value if indicator == CREDIT else -value), code


def _allocations(reader: Reader, raw: Record, payment: str, code: str) -> None:
    """Add what a payment says it pays: invoices, and credit notes below zero."""
    named = [d for d in raw.get("documents", ()) if d.get("number")]
    for document in named:
        kind = DOCUMENTS.get(document.get("code"))
        if kind is None:
            continue  # an order, a contract: no debt is named
        paid = deducted = None
        if len(named) == 1:
            paid = _of(reader, raw, "remitted", code)
            if paid is None:
                paid = _of(reader, raw, "payable", code)
            if kind == "credit_note":
                credited = _of(reader, raw, "credited", code)
                paid = credited if credited is not None else paid
                paid = None if paid is None else -paid
            deducted = _deducted(reader, raw, code)
        adjustments = raw.get("adjustments", ())
        reader.rows.add("allocation", {
            "payment_id": payment,
            "to_kind": kind,
            "to_number": document["number"],
            "to_issued_on": document.get("issued_on"),
            "amount_minor": paid,
            "deduction_minor": deducted,
            "reason": next((a.get("reason") or a.get("reason_code") for a in adjustments), None),
            **reader.where(document[POSITION]),
        })  # fmt: skip


def _of(reader: Reader, raw: Record, column: str, code: str) -> int | None:
    """Return an amount of a structured remittance if it is in the payment's currency."""
    value = raw.get(column)
    if value is None:
        return None
    if value[1] == code:
        return int(value[0])
    if value[1] is None:
        return amount(value[0].strip(), code)[0]
    what = f"{column} is in {value[1]}, the payment in {code}"
    mend = "say the remittance in the currency of its payment"
    reader.trouble.note(what, mend, raw[POSITION])
    return None


def _deducted(reader: Reader, raw: Record, code: str) -> int | None:
    """Return discounts and adjustments held back; an adjustment to the credit adds."""
    cuts = [_of(reader, raw, "discount", code)]
    for adjustment in raw.get("adjustments", ()):
        value = _of(reader, adjustment, "amount", code)
        adds = adjustment.get("direction") == CREDIT
        cuts.append(-value if value is not None and adds else value)
    said = [cut for cut in cuts if cut is not None]
    return sum(said) if said else None


def _check(
    reader: Reader,
    opening: tuple[int, str] | None,
    booked: list[tuple[int, str] | None],
    closing: tuple[int, str] | None,
) -> None:
    """Note a statement that does not add up; its rows are kept (pitfall 15)."""
    if opening is None or closing is None:
        return
    entries = [entry for entry in booked if entry is not None]
    codes = {code for _, code in (opening, closing, *entries)}
    mend = "ask the bank for the whole statement; its rows are kept as they are"
    if len(codes) > 1:
        what = f"balances and entries are in {', '.join(sorted(codes))}"
        reader.trouble.note(what, mend, reader.position)
        return
    (code,) = codes
    moved = sum(value for value, _ in entries)
    if opening[0] + moved != closing[0]:
        what = (
            f"opening {decimal(opening[0], code)} and entries {decimal(moved, code)} "
            f"are not closing {decimal(closing[0], code)} {code}"
        )
        reader.trouble.note(what, mend, reader.position)
