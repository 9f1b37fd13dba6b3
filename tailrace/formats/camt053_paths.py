"""Where ISO 20022 camt.053 keeps each column, in the schema's order of elements.

The report within the day (camt.052) and the notification (camt.054) have the same entries below
elements of other names, and are read by the same table.

The table is that of version 001.08, which is written; the spellings of 001.02 to .07 (a party
without `Pty`, a status that is a plain code, amounts inside `AmtDtls`) and of later versions are
its `read` rows.
Source: ISO 20022 Bank-to-Customer Cash Management, camt.053.001.02 to .13.
"""

from __future__ import annotations

import re
from functools import lru_cache

from tailrace.formats.mapping import Entry, Form, compiled, read_table, under

URN = "urn:iso:std:iso:20022:tech:xsd:camt."
WRITTEN = URN + "053.001.08"
STATEMENT = "BkToCstmrStmt/Stmt"
TOLD = {  # each message, and where it keeps what a statement keeps in STATEMENT
    "052": "BkToCstmrAcctRpt/Rpt",
    "053": STATEMENT,
    "054": "BkToCstmrDbtCdtNtfctn/Ntfctn",
}
_TAG = re.compile(re.escape(URN) + r"(05[234])\.001\.(0[2-9]|1[0-3]) Document")

_IDENTITY = read_table("""
Nm                              party             name     text  0..1
PstlAdr/StrtNm                  party             street   text  read
PstlAdr/BldgNb                  party             house    text  read
PstlAdr/PstCd                   party             zone     text  read
PstlAdr/TwnNm                   party             town     text  read
PstlAdr/Ctry                    party             country  text  0..1
PstlAdr/AdrLine                 party             lines    text  0..n
Id/OrgId/AnyBIC                 party_identifier  bic      text  0..1
Id/OrgId/BICOrBEI               party_identifier  bic      text  read
Id/OrgId/LEI                    party_identifier  lei      text  0..1
Id/OrgId/Othr                   party_identifier  numbers  row   0..n
Id/OrgId/Othr/Id                party_identifier  value    text  0..1
Id/OrgId/Othr/SchmeNm/Cd        party_identifier  code     text  0..1
Id/OrgId/Othr/SchmeNm/Prtry     party_identifier  scheme   text  0..1
Id/PrvtId/Othr                  party_identifier  private  row   0..n
Id/PrvtId/Othr/Id               party_identifier  value    text  0..1
Id/PrvtId/Othr/SchmeNm/Cd       party_identifier  code     text  0..1
Id/PrvtId/Othr/SchmeNm/Prtry    party_identifier  scheme   text  0..1
""")


def _plain(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Return the entries as an older version spells them: read, never written."""
    lists = {"0..n": "read..n"}
    return tuple(
        Entry(e.path, e.table, e.column, e.kind, lists.get(e.cardinality, "read")) for e in entries
    )


def _party(element: str, role: str) -> tuple[Entry, ...]:
    """A party of a transaction: inside `Pty` since 001.07, bare before."""
    return (
        Entry(element, "party", role, "row", "0..1"),
        *under(f"{element}/Pty", _IDENTITY),
        *under(element, _plain(_IDENTITY)),
    )


def _account(element: str, role: str) -> tuple[Entry, ...]:
    return (
        Entry(f"{element}/Id/IBAN", "party_identifier", role, "text", "0..1"),
        Entry(f"{element}/Id/Othr/Id", "party_identifier", f"{role}_other", "text", "0..1"),
    )


def _when(element: str, column: str, table: str) -> tuple[Entry, ...]:
    """A day, or a moment whose day counts."""
    return (
        Entry(f"{element}/Dt", table, column, "day", "0..1"),
        Entry(f"{element}/DtTm", table, column, "moment", "read"),
    )


_BALANCE = under(
    "Bal",
    read_table("""
Tp/CdOrPrtry/Cd  statement_entry  type       text    0..1
Amt              statement_entry  amount     amount  1
CdtDbtInd        statement_entry  direction  text    1
"""),
    _when("Dt", "booked_on", "statement_entry"),
)
_DOCUMENT = "RmtInf/Strd/RfrdDocInf"
_AMOUNTS = "RmtInf/Strd/RfrdDocAmt"
_REMITTANCE = read_table(f"""
RmtInf/Ustrd                          payment     unstructured    text    0..n
RmtInf/Strd                           allocation  structured      row     0..n
{_DOCUMENT}                           allocation  documents       row     0..n
{_DOCUMENT}/Tp/CdOrPrtry/Cd           allocation  code            text    0..1
{_DOCUMENT}/Nb                        allocation  number          text    0..1
{_DOCUMENT}/RltdDt                    allocation  issued_on       day     0..1
{_DOCUMENT}/RltdDt/Dt                 allocation  issued_on       day     read
{_AMOUNTS}/DuePyblAmt                 allocation  payable         amount  read
{_AMOUNTS}/DscntApldAmt               allocation  discount        amount  read
{_AMOUNTS}/DscntApldAmt/Amt           allocation  discount        amount  read
{_AMOUNTS}/CdtNoteAmt                 allocation  credited        amount  0..1
{_AMOUNTS}/AdjstmntAmtAndRsn          allocation  adjustments     row     0..n
{_AMOUNTS}/AdjstmntAmtAndRsn/Amt      allocation  amount          amount  1
{_AMOUNTS}/AdjstmntAmtAndRsn/CdtDbtInd  allocation  direction     text    0..1
{_AMOUNTS}/AdjstmntAmtAndRsn/Rsn      allocation  reason_code     text    0..1
{_AMOUNTS}/AdjstmntAmtAndRsn/AddtlInf  allocation  reason         text    0..1
{_AMOUNTS}/RmtdAmt                    allocation  remitted        amount  0..1
RmtInf/Strd/CdtrRefInf/Ref            payment     structured_ref  text    0..1
""")
_TRANSACTION = under(
    "NtryDtls/TxDtls",
    read_table("""
Refs/EndToEndId        payment  end_to_end_ref  text    0..1
Refs/UETR              payment  uetr            text    0..1
Amt                    payment  amount          amount  0..1
CdtDbtInd              payment  direction       text    0..1
AmtDtls/InstdAmt/Amt   payment  instructed      amount  read
AmtDtls/TxAmt/Amt      payment  in_details      amount  read
"""),
    under(
        "RltdPties",
        _party("Dbtr", "debtor"),
        _account("DbtrAcct", "debtor_account"),
        _party("Cdtr", "creditor"),
        _account("CdtrAcct", "creditor_account"),
    ),
    _REMITTANCE,
    read_table("AddtlTxInf  payment  information  text  read"),
)
_ENTRY = under(
    "Ntry",
    read_table("""
NtryRef                  statement_entry  entry_number  text    read
Amt                      statement_entry  amount        amount  1
CdtDbtInd                statement_entry  direction     text    1
RvslInd                  statement_entry  reversal      flag    0..1
Sts                      statement_entry  status        text    read
Sts/Cd                   statement_entry  status        text    0..1
Sts/Prtry                statement_entry  status        text    read
"""),
    _when("BookgDt", "booked_on", "statement_entry"),
    _when("ValDt", "value_on", "statement_entry"),
    read_table("""
AcctSvcrRef                  statement_entry  entry_ref     text  0..1
BkTxCd/Domn/Cd               statement_entry  domain        text  0..1
BkTxCd/Domn/Fmly/Cd          statement_entry  family        text  0..1
BkTxCd/Domn/Fmly/SubFmlyCd   statement_entry  subfamily     text  0..1
BkTxCd/Prtry/Cd              statement_entry  bank_code     text  0..1
NtryDtls/TxDtls              payment          transactions  row   0..n
"""),
    _TRANSACTION,
    read_table("AddtlNtryInf  statement_entry  text  text  0..1"),
)
MAPPING = (
    *read_table("""
BkToCstmrStmt/GrpHdr/MsgId                   document         message     text    0..1
BkToCstmrStmt/GrpHdr/CreDtTm                 document         created_on  moment  0..1
BkToCstmrStmt/Stmt                           document         statements  row     0..n
BkToCstmrStmt/Stmt/Id                        document         number      text    1
BkToCstmrStmt/Stmt/ElctrncSeqNb              statement_entry  sequence    text    0..1
BkToCstmrStmt/Stmt/LglSeqNb                  statement_entry  legal_sequence  text  read
BkToCstmrStmt/Stmt/CreDtTm                   document         issued_on   moment  0..1
BkToCstmrStmt/Stmt/Acct/Id/IBAN              statement_entry  account     text    0..1
BkToCstmrStmt/Stmt/Acct/Id/Othr/Id           statement_entry  account_other  text  0..1
BkToCstmrStmt/Stmt/Acct/Ccy                  document         currency    text    0..1
BkToCstmrStmt/Stmt/Acct/Ownr                 party            owner       row     0..1
"""),
    *under("BkToCstmrStmt/Stmt/Acct/Ownr", _IDENTITY),
    *read_table("""
BkToCstmrStmt/Stmt/Acct/Svcr/FinInstnId          party             bank  row   0..1
BkToCstmrStmt/Stmt/Acct/Svcr/FinInstnId/BICFI    party_identifier  bic   text  0..1
BkToCstmrStmt/Stmt/Acct/Svcr/FinInstnId/BIC      party_identifier  bic   text  read
BkToCstmrStmt/Stmt/Acct/Svcr/FinInstnId/LEI      party_identifier  lei   text  0..1
BkToCstmrStmt/Stmt/Acct/Svcr/FinInstnId/Nm       party             name  text  0..1
BkToCstmrStmt/Stmt/Bal                           statement_entry   balances  row  0..n
"""),
    *under("BkToCstmrStmt/Stmt", _BALANCE),
    Entry("BkToCstmrStmt/Stmt/Ntry", "statement_entry", "entries", "row", "0..n"),
    *under("BkToCstmrStmt/Stmt", _ENTRY),
    *read_table("""
BkToCstmrStmt/Stmt/AddtlStmtInf              document  note  text  0..1
BkToCstmrStmt/SplmtryData                    -         -     any   0..n
"""),
)


@lru_cache(maxsize=32)
def form_of(tag: str) -> Form | None:
    """Return the form of a camt.052, .053 or .054 of any version, by its root ("uri Document")."""
    found = _TAG.fullmatch(tag)
    if found is None:
        return None
    uri = tag.partition(" ")[0]
    return compiled(_mapping(found[1]), root="Document", namespaces={"": uri}, currency="Ccy")


def _mapping(message: str) -> tuple[Entry, ...]:
    """Return the table with the message's own names of its first two elements."""
    if message == "053":
        return MAPPING
    (old, old_part), (new, new_part) = STATEMENT.split("/"), TOLD[message].split("/")
    made = []
    for e in MAPPING:
        head, _, rest = e.path.partition("/")
        part, slash, deeper = rest.partition("/")
        path = "/".join(filter(None, (head.replace(old, new), part.replace(old_part, new_part, 1))))
        made.append(Entry(path + slash + deeper, e.table, e.column, e.kind, e.cardinality))
    return tuple(made)
