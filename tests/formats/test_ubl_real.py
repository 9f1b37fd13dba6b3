"""Real UBL documents, read and written back: the OASIS chain and the published examples."""

from __future__ import annotations

from collections import defaultdict

import pytest
from intake_world import LIMITS
from ubl_world import SCHEMAS, read
from xml_world import told

from tailrace.formats import ubl

CHAIN = {
    "UBL-Order-2.0-Example.xml": ("order", "AEG012345", {}),
    "UBL-OrderResponseSimple-2.0-Example.xml": ("order_response", "66890-9-09", {"order": "AEG012345"}),
    "UBL-DespatchAdvice-2.0-Example.xml": ("despatch", "565899", {"order": "AEG012345"}),
    "UBL-ReceiptAdvice-2.0-Example.xml": ("receipt", "658398", {"order": "AEG012345", "despatch": "565899"}),
    "UBL-Invoice-2.0-Example.xml": ("invoice", "A00095678", {"order": "AEG012345"}),
    "UBL-CreditNote-2.0-Example.xml": ("credit_note", "CN758494", {"invoice": "A00095678"}),
    "UBL-RemittanceAdvice-2.0-Example.xml": ("remittance", "6577884", {}),
}  # fmt: skip


def test_the_oasis_chain_reads_completely_and_its_two_parties_stay_the_same(shared):
    folder = shared("records/ubl/chain-AEG012345")
    firms: dict[str, set[str]] = defaultdict(set)
    for name, (kind, number, names) in CHAIN.items():
        rows = ubl.read((folder / name).read_bytes(), name, LIMITS)
        assert rows.faults == []
        (document,) = rows.tables["document"]
        assert (document["kind"], document["number"]) == (kind, number)
        edges = {(r["to_kind"], r["to_number"]) for r in rows.tables.get("reference", ())}
        assert edges >= set(names.items())
        for role in ("seller_id", "buyer_id"):
            firms[role].add(document[role])
        assert told(read(ubl.write(rows.tables))) == told(rows)
    assert [len(ids) for ids in firms.values()] == [1, 1]


REAL = [
    "ubl", "corpus/Invoice", "corpus/CreditNote", "corpus/Order", "corpus/OrderResponse",
    "corpus/DespatchAdvice", "peppol-bis3/examples", "peppol-logistics/examples",
    "peppol-postaward", "xrechnung", "en16931/examples",
]  # fmt: skip


@pytest.mark.parametrize("folder", REAL)
def test_real_documents_read_and_write_back_what_they_say(shared, folder):
    read_back = 0
    for path in sorted(shared(f"records/{folder}").rglob("*.xml")):
        content = path.read_bytes()
        if not ubl.sniff(content[:4096], path.name):
            continue
        rows = ubl.read(content, path.name, LIMITS)
        assert rows.documents == 1 or rows.faults, path
        if rows.documents:
            for kind, some in rows.tables.items():
                SCHEMAS[kind].rows(some)
            assert told(read(ubl.write(rows.tables))) == told(rows), path
            read_back += 1
    assert read_back
