"""pain.001 out: valid by the schema, exact in its sums, in every bank's characters; and back."""

from __future__ import annotations

import importlib.resources
from datetime import date
from typing import Any

import pytest
from bank import statement, transfers
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from settlement_world import DAY, IBANS, SCHEMAS, World

from tailrace.base.errors import BadTerms
from tailrace.base.sepa import sepa
from tailrace.engines.duckdb import DuckDBEngine
from tailrace.evidence.steps import WHO
from tailrace.evidence.steps import paid_once as paid_once_step
from tailrace.evidence.steps import telling as telling_step
from tailrace.formats import camt053, pain001
from tailrace.records.rules import RecordRules
from tailrace.settlement.steps import reconciled
from tailrace.street.rules import packaged

NAMES = {"A": "Ångström & Søn A/S", "B": "Bolzen GmbH", "C": "東京工業"}
LIMITS = RecordRules(
    skip=(), bytes_max=10**7, depth_max=100, attributes_max=100, text_max=10**6,
    expansion_max=100, files_a_page=100,
)  # fmt: skip


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    """The published schema, as the sepaxml package carries it."""
    sepaxml = pytest.importorskip("sepaxml", reason="sepaxml carries the schema of pain.001")
    path = importlib.resources.files(sepaxml) / "schemas" / "pain.001.001.09.xsd"
    return etree.XMLSchema(etree.fromstring(path.read_bytes()))


def instruction(name: str, payer: str, payee: str, amount: int, **fields: Any) -> dict[str, Any]:
    row = {c.name: None if c.null else "" for c in SCHEMAS["instruction"].columns}
    return row | {
        "instruction_id": name,
        "end_to_end_ref": f"TRO{name}",
        "reason": "obligation",
        "payer_id": payer,
        "payee_id": payee,
        "payer_account": IBANS.get(payer),
        "payee_account": IBANS.get(payee),
        "currency": "EUR",
        "amount_minor": amount,
        "execute_on": DAY,
        "remittance_text": f"Invoice {name}",
        **fields,
    }


def written(*rows: dict[str, Any]) -> bytes:
    return pain001.write(rows, NAMES, on=DAY)


def test_a_file_is_valid_and_says_what_is_to_be_paid(schema: etree.XMLSchema) -> None:
    content = written(
        instruction("1", "B", "A", 12345),
        instruction("2", "B", "C", 5, execute_on=date(2026, 4, 2)),
        instruction("3", "B", "A", 100, structured_ref="RF18539007547034"),
    )
    schema.assertValid(etree.fromstring(content))
    one, three, two = transfers(content)
    assert (one["amount_minor"], one["creditor"], one["debtor"]) == (
        12345,
        "Angstrom + Son A/S",
        "Bolzen GmbH",
    )
    assert one["remittance_text"] == "Invoice 1"
    assert (three["structured_ref"], three["remittance_text"]) == ("RF18539007547034", None)
    assert (two["execute_on"], two["amount_minor"]) == (date(2026, 4, 2), 5)


def _sums(content: bytes) -> list[tuple[str, str]]:
    found = etree.fromstring(content).iter(f"{{{pain001.NAMESPACE}}}NbOfTxs")
    return [(str(e.text), str(e.getnext().text)) for e in found]


def test_sums_and_counts_are_stated_for_the_file_and_each_day() -> None:
    rows = [instruction(str(n), "B", "A", 10**n) for n in range(3)]
    rows[0]["execute_on"] = date(2026, 4, 2)
    assert _sums(written(*rows)) == [("3", "1.11"), ("2", "1.10"), ("1", "0.01")]


def test_euro_between_ibans_is_a_sepa_transfer_and_nothing_else_is(schema: etree.XMLSchema) -> None:
    content = written(
        instruction("1", "B", "A", 1), instruction("2", "B", "A", 1, payee_account="12-345")
    )
    schema.assertValid(etree.fromstring(content))
    assert content.count(b"<Cd>SEPA</Cd>") == 1
    assert b"<Id>12-345</Id>" in content
    yen = written(instruction("1", "B", "A", 500, currency="JPY"))
    schema.assertValid(etree.fromstring(yen))
    assert b"SEPA" not in yen and b'<InstdAmt Ccy="JPY">500</InstdAmt>' in yen


def test_each_payer_and_currency_has_a_file_of_its_own(schema: etree.XMLSchema) -> None:
    rows = [
        instruction("1", "B", "A", 1),
        instruction("2", "C", "A", 2),
        instruction("3", "B", "A", 3, currency="USD"),
        instruction("4", "funder:Hausbank", "A", 4),
    ]
    made = dict(pain001.files(rows, NAMES, on=DAY))
    assert len(made) == 3
    for content in made.values():
        schema.assertValid(etree.fromstring(content))
    amounts = sorted(t["amount_minor"] for c in made.values() for t in transfers(c))
    assert amounts == [1, 2, 3]
    assert [row["instruction_id"] for row in pain001.lacking(rows)] == ["4"]


def test_the_same_instructions_in_any_order_give_the_same_bytes() -> None:
    rows = [instruction(str(n), "B", "A", n + 1) for n in range(5)]
    assert list(pain001.files(rows, NAMES, on=DAY)) == list(
        pain001.files(rows[::-1], NAMES, on=DAY)
    )


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([], "not exactly one payer and currency"),
        ([instruction("1", "A", "B", 1), instruction("2", "B", "A", 1)], "not exactly one payer"),
        ([instruction("1", "B", "funder:H", 1)], "instruction 1 lacks an account"),
    ],
)
def test_what_no_file_can_say_is_refused_with_its_reason(rows: list[Any], what: str) -> None:
    with pytest.raises(BadTerms, match=what):
        pain001.write(rows, NAMES, on=DAY)


@settings(max_examples=60, deadline=None)
@given(name=st.text(max_size=200), text=st.text(min_size=1, max_size=200))
def test_any_name_and_words_make_a_valid_file(
    schema: etree.XMLSchema, name: str, text: str
) -> None:
    row = instruction("1", "B", "A", 1, remittance_text=sepa(text)[:140].strip() or "Invoice")
    content = pain001.write([row], {"A": name, "B": name}, on=DAY)
    schema.assertValid(etree.fromstring(content))
    assert len(transfers(content)[0]["creditor"]) <= pain001.NAME_MAX


def test_an_instruction_goes_out_and_comes_back_as_paid(schema: etree.XMLSchema) -> None:
    """Instruction, pain.001, the bank's camt.053, our reader, evidence: the street is a ring."""
    world = World()
    world.due("1", "B", "A", 12345, payment_ref="RF18 5390 0754 7034")
    world.due("2", "B", "C", 678)
    world.due("3", "C", "A", 9)
    instructed = world.instruct()
    sent = dict(pain001.files(instructed, NAMES, on=DAY))
    assert len(sent) == 2
    of_b = next(c for c in sent.values() if transfers(c)[0]["debtor"] == "Bolzen GmbH")
    schema.assertValid(etree.fromstring(of_b))

    heard = camt053.read(statement(of_b, on=date(2026, 4, 1)), "statement.xml", LIMITS)
    assert heard.faults == []
    engine = DuckDBEngine(SCHEMAS, threads=1)
    kinds = ("document", "party", "party_identifier", "payment", "statement_entry", "decision")
    for kind in kinds:
        engine.put(kind, SCHEMAS[kind].rows(heard.tables.get(kind, [])))
    engine.put("instruction", SCHEMAS["instruction"].rows(instructed))
    for step in (*WHO, telling_step, paid_once_step, reconciled):
        engine.run(step, on=date(2026, 4, 2), evidence=packaged().evidence)
    claims = {row["instruction_id"]: row["claim_id"] for row in instructed}
    told = {
        claims[row["instruction_id"]]: (row["status"], row["paid_minor"])
        for row in engine.get("reconciled").to_pylist()
    }
    assert told == {"c-1": ("paid", 12345), "c-2": ("paid", 678), "c-3": ("unheard", 0)}
