"""Books out: beancount and hledger themselves accept them, and see a cent that is wrong."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_world import World

from tailrace.ledger.beancount import beancount, commodity, component
from tailrace.ledger.books import number
from tailrace.ledger.hledger import hledger, segment
from tailrace.ledger.tables import TRANSFER

NAMES = {
    "A": 'Ångström & Søn "A/S"',
    "B": "Bolzen GmbH; Werk: Süd",
    "C": "Bolzen GmbH, Werk (Süd)",
    "D": "東京 工業",
    "E": "3M",
    "F": "\\ : ;",
}


@pytest.fixture(scope="module")
def world() -> World:
    """Goods, claims, a round set off, a sale at a discount, a payment; names that want escaping."""
    made = World()
    made.firms(*NAMES)
    made.receipt("R1", "B", "A", "90.5", item_ref='Bolt M8|"x"; é')
    for claim, creditor, debtor in (("c1", "A", "B"), ("c2", "B", "C"), ("c3", "C", "A")):
        made.claim(claim, creditor, debtor, 10001)
        made.set_off(f"s-{claim}", claim, debtor, creditor, 7000)
    made.claim("c4", "D", "E", 500, currency="JPY")
    made.claim("c5", "E", "F", 12345)
    sale = {"notional_minor": 12345, "price_at_purchase_minor": 12300}
    made.sale("k", "c5", "E", "funder:Bank / Haus", "F", **sale)
    made.paid("c4", "p1", 500, currency="JPY")
    made.post()
    assert made.refusals() == []
    return made


def _bean_check(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("bean-check", path=str(Path(sys.executable).parent)) or shutil.which(
        "bean-check"
    )
    if not program:
        pytest.skip("bean-check is not installed (pip: beancount)")
    path = folder / "book.beancount"
    path.write_text(text, "utf-8")
    command = [program, "--no-cache", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _hledger(text: str, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("hledger")
    if not program:
        pytest.skip("hledger is not installed (Debian package hledger)")
    path = folder / "book.journal"
    path.write_text(text, "utf-8")
    environment = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
    line = [program, "-f", str(path), *command]
    return subprocess.run(line, capture_output=True, text=True, env=environment, check=False)


WHICH = [(None, False), (None, True), ("A", False), ("B", True), ("funder:Bank / Haus", True)]


@pytest.mark.parametrize(("firm", "goods"), WHICH)
def test_bean_check_accepts_the_book(
    world: World, tmp_path: Path, firm: str | None, goods: bool
) -> None:
    text = "".join(beancount(world.engine.get("transfer"), NAMES, firm=firm, goods=goods))
    done = _bean_check(text, tmp_path)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    assert " balance " in text


@pytest.mark.parametrize(("firm", "goods"), WHICH)
def test_hledger_accepts_the_book(
    world: World, tmp_path: Path, firm: str | None, goods: bool
) -> None:
    text = "".join(hledger(world.engine.get("transfer"), NAMES, firm=firm, goods=goods))
    done = _hledger(text, tmp_path, "check", "--strict")
    assert (done.returncode, done.stderr) == (0, "")


def _off_by_one_cent(text: str) -> str:
    """Both sides of one transaction a cent more: it still balances, the closing does not."""
    assert text.count("100.01 EUR\n") >= 2
    changed = re.sub(r"(?<=  )(-?)100\.01 EUR\n", r"\g<1>100.02 EUR\n", text, count=2)
    assert changed != text
    return changed


def test_bean_check_sees_a_cent_that_is_wrong(world: World, tmp_path: Path) -> None:
    text = "".join(beancount(world.engine.get("transfer"), NAMES))
    done = _bean_check(_off_by_one_cent(text), tmp_path)
    assert done.returncode != 0
    assert "Balance failed" in done.stdout + done.stderr


def test_hledger_sees_a_cent_that_is_wrong(world: World, tmp_path: Path) -> None:
    text = "".join(hledger(world.engine.get("transfer"), NAMES))
    done = _hledger(_off_by_one_cent(text), tmp_path, "check")
    assert done.returncode != 0
    assert "balance assertion" in done.stderr


def test_hledger_adds_up_to_the_trial_balance(world: World, tmp_path: Path) -> None:
    text = "".join(hledger(world.engine.get("transfer"), NAMES, firm="A"))
    done = _hledger(text, tmp_path, "balance", "Receivable", "--no-total", "-O", "csv")
    assert "30.01 EUR" in done.stdout
    assert world.balances("EUR")["A/receivable"] == 3001


def test_each_booking_names_its_deed_and_its_cause(world: World) -> None:
    transfers = world.engine.get("transfer")
    text = "".join(beancount(transfers, NAMES))
    deed = next(row for row in transfers.to_pylist() if row["rule"] == "sale")
    assert f'  deed: "{deed["deed_id"]}"\n  cause: "contract k"\n' in text


def test_two_firms_of_one_printed_name_have_two_accounts(world: World) -> None:
    text = "".join(beancount(world.engine.get("transfer"), NAMES))
    accounts = set(re.findall(r"open (Assets:Receivable:Bolzen\S*)", text))
    assert len(accounts) == 2


def test_a_book_of_nothing_is_a_book(tmp_path: Path) -> None:
    done = _bean_check("".join(beancount(TRANSFER.empty(), {})), tmp_path)
    assert done.returncode == 0
    done = _hledger("".join(hledger(TRANSFER.empty(), {})), tmp_path, "check")
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("amount", "unit", "printed"),
    [
        (-1, "EUR", "-0.01"),
        (123456, "EUR", "1234.56"),
        (5, "KWD", "0.005"),
        (500, "JPY", "500"),
        (2**63 - 1, "EUR", "92233720368547758.07"),
        (-90_500_000, "goods:x|EA", "-90.500000"),
        (7, "obligation:abc", "7"),
    ],
)
def test_amounts_are_printed_exactly(amount: int, unit: str, printed: str) -> None:
    assert number(amount, unit) == printed


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40))
def test_any_name_becomes_an_account_that_can_be_parsed(name: str) -> None:
    part = component(name)
    assert part == "" or re.fullmatch(r"[A-Z0-9\x80-\U0010ffff][A-Za-z0-9\x80-\U0010ffff-]*", part)
    assert not re.search(r"[:;\x00-\x1f]|  ", segment(name))


@given(st.text(min_size=1, max_size=40))
def test_any_item_becomes_a_commodity(item: str) -> None:
    assert re.fullmatch(r"[A-Z][A-Z0-9'._-]{0,22}[A-Z0-9]", commodity(f"goods:{item}|EA"))


def _many(names: list[str]) -> Iterator[dict[str, object]]:
    for i, _ in enumerate(names):
        yield {
            "transfer_id": f"t{i}", "deed_id": f"d{i}", "sequence": 1, "debit": f"{i}/bank",
            "credit": f"{i}/sales", "unit": "EUR", "amount": 1, "valid_on": date(2026, 1, 1),
            "recorded_on": date(2026, 1, 2), "rule": "claim", "cause_kind": "claim", "cause_id": "x",
        }  # fmt: skip


@settings(max_examples=6, deadline=None)
@given(names=st.lists(st.text(max_size=20), min_size=60, max_size=60))
def test_both_programs_accept_firms_of_any_name(
    names: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    transfers = TRANSFER.rows(_many(names))
    folder, called = tmp_path_factory.mktemp("books"), {str(i): n for i, n in enumerate(names)}
    done = _bean_check("".join(beancount(transfers, called)), folder)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    done = _hledger("".join(hledger(transfers, called)), folder, "check", "--strict")
    assert (done.returncode, done.stderr) == (0, "")
