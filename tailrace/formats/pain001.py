"""ISO 20022 pain.001.001.09 out: credit transfers a payer hands to its own bank.

One file for each payer, currency and account; in it, one block for each execution day. Nothing moves by
these files: the payer's bank asks the payer first. Source: ISO 20022 message definition
CustomerCreditTransferInitiationV09; EPC132-08 (SEPA credit transfer, customer to bank).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from lxml import etree

from tailrace.base.errors import BadTerms
from tailrace.base.ids import digest_id
from tailrace.base.money import decimal
from tailrace.base.sepa import sepa

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
NAME_MAX = 70  # characters of a name in the SEPA scheme
IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
Row = Mapping[str, Any]


def files(
    instructions: Iterable[Row], names: Mapping[str, str], *, on: date
) -> Iterator[tuple[str, bytes]]:
    """Yield (message id, content) of one file for each payer, currency and account.

    instructions: `instruction` rows in any order; those in `lacking` are left out. names: firm id
    -> name, an id without one stands for itself. on: the day the files are made.
    """
    ready = sorted((row for row in instructions if not _lacks(row)), key=_key)
    for _, rows in groupby(ready, key=_payer):
        chosen = list(rows)
        yield _message_id(chosen), write(chosen, names, on=on)


def lacking(instructions: Iterable[Row]) -> list[Row]:
    """Return the instructions no file can carry: an account of payer or payee is not known."""
    return [row for row in instructions if _lacks(row)]


def write(instructions: Sequence[Row], names: Mapping[str, str], *, on: date) -> bytes:
    """Return the pain.001.001.09 of one payer's instructions in one currency, in UTF-8.

    Texts are put into the characters every bank passes on; sums and counts are stated for the
    file and for each block. Raises `BadTerms` for several payers or currencies, for none, and for
    an account that is missing.
    """
    _checked(instructions)
    rows = sorted(instructions, key=_key)
    root = etree.Element("Document", nsmap={None: NAMESPACE})
    message = etree.SubElement(root, "CstmrCdtTrfInitn")
    payer = _name(rows[0]["payer_id"], names)
    head = _add(message, "GrpHdr")
    _add(head, "MsgId", _message_id(rows))
    _add(head, "CreDtTm", f"{on.isoformat()}T00:00:00")
    _totals(head, rows)
    _add(head, "InitgPty/Nm", payer)
    for (execute_on, single), block in groupby(rows, key=_block):
        _payments(message, list(block), execute_on, payer, names, sepa_scheme=single)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _key(row: Row) -> tuple[Any, ...]:
    return *_payer(row), *_block(row), row["instruction_id"]


def _payer(row: Row) -> tuple[str, str, str | None]:
    return row["payer_id"], row["currency"], row["payer_account"]


def _block(row: Row) -> tuple[date, bool]:
    """Return the execution day, and whether the transfer is one of the SEPA scheme."""
    both = all(IBAN.fullmatch(row[side] or "") for side in ("payer_account", "payee_account"))
    return row["execute_on"], row["currency"] == "EUR" and both


def _lacks(row: Row) -> bool:
    return not row["payer_account"] or not row["payee_account"]


def _checked(rows: Sequence[Row]) -> None:
    where = "pain001.write"
    if len({_payer(row) for row in rows}) != 1:
        mend = "write one file for each payer, account and currency (`files` does)"
        raise BadTerms("not exactly one payer and currency", where=where, mend=mend)
    for row in rows:
        if _lacks(row):
            what = f"instruction {row['instruction_id']} lacks an account"
            mend = "`lacking` lists such instructions; the party's IBAN must be in a record"
            raise BadTerms(what, where=where, mend=mend)


def _message_id(rows: Iterable[Row]) -> str:
    return "TR-" + digest_id("pain.001", *sorted(row["instruction_id"] for row in rows))


def _totals(parent: Any, rows: Sequence[Row]) -> None:
    _add(parent, "NbOfTxs", str(len(rows)))
    _add(parent, "CtrlSum", _amount(sum(row["amount_minor"] for row in rows), rows[0]["currency"]))


def _amount(amount_minor: int, currency: str) -> str:
    return f"{decimal(amount_minor, currency):f}"


def _payments(
    message: Any,
    rows: Sequence[Row],
    execute_on: date,
    payer: str,
    names: Mapping[str, str],
    *,
    sepa_scheme: bool,
) -> None:
    """Add the block of one execution day."""
    block = _add(message, "PmtInf")
    _add(block, "PmtInfId", _message_id(rows))
    _add(block, "PmtMtd", "TRF")
    _totals(block, rows)
    if sepa_scheme:
        _add(block, "PmtTpInf/SvcLvl/Cd", "SEPA")
    _add(block, "ReqdExctnDt/Dt", execute_on.isoformat())
    _add(block, "Dbtr/Nm", payer)
    account = _add(block, "DbtrAcct")
    _account(account, rows[0]["payer_account"])
    _add(account, "Ccy", rows[0]["currency"])
    _add(block, "DbtrAgt/FinInstnId/Othr/Id", "NOTPROVIDED")
    _add(block, "ChrgBr", "SLEV" if sepa_scheme else "SHAR")
    for row in rows:
        _transfer(_add(block, "CdtTrfTxInf"), row, names)


def _transfer(parent: Any, row: Row, names: Mapping[str, str]) -> None:
    identity = _add(parent, "PmtId")
    _add(identity, "InstrId", row["end_to_end_ref"])
    _add(identity, "EndToEndId", row["end_to_end_ref"])
    amount = _add(parent, "Amt/InstdAmt", _amount(row["amount_minor"], row["currency"]))
    amount.set("Ccy", row["currency"])
    _add(parent, "Cdtr/Nm", _name(row["payee_id"], names))
    _account(_add(parent, "CdtrAcct"), row["payee_account"])
    about = _add(parent, "RmtInf")
    if row.get("structured_ref"):  # the scheme carries one of the two, and this one is checked
        reference = _add(about, "Strd/CdtrRefInf")
        _add(reference, "Tp/CdOrPrtry/Cd", "SCOR")
        _add(reference, "Ref", row["structured_ref"])
    else:
        _add(about, "Ustrd", row["remittance_text"])


def _account(parent: Any, account: str) -> None:
    _add(parent, "Id/IBAN" if IBAN.fullmatch(account) else "Id/Othr/Id", account)


def _name(firm_id: str, names: Mapping[str, str]) -> str:
    plain = names.get(firm_id) or firm_id.removeprefix("funder:")
    return sepa(plain)[:NAME_MAX].strip() or firm_id[:NAME_MAX]


def _add(parent: Any, path: str, text: str | None = None) -> Any:
    """Add elements one inside the other; return the innermost."""
    for name in path.split("/"):
        parent = etree.SubElement(parent, name)
    parent.text = text
    return parent
