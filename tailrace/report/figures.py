"""What the page shows, asked of the tables a run left: rows ready to print, amounts in minor units."""

from __future__ import annotations

from datetime import date
from typing import Any

from msgspec import Struct

from tailrace.base.money import text
from tailrace.base.ports import Engine
from tailrace.report.draw import Flow, Node
from tailrace.report.network import Edge
from tailrace.street.chains import Chain, chains
from tailrace.street.summary import CurrencyFigures, Summary

ROWS_MAX = 200
AGES = (
    ("not due yet", -(10**6), 0),
    ("1 to 30", 1, 30),
    ("31 to 60", 31, 60),
    ("61 to 90", 61, 90),
    ("over 90", 91, 10**6),
)


class Grid(Struct, frozen=True):
    """A table for people: title, heading of each column, rows of cells, what was left out.

    A cell is (text, sort key): amounts are shown with thousands apart and sorted by value.
    """

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[tuple[str, Any], ...]]
    more: int = 0
    hint: str = ""


class Questions:
    """The page's questions to the engine of a finished run."""

    def __init__(self, engine: Engine, on: date) -> None:
        self.engine, self.on = engine, on
        rows = engine.sql("select distinct firm_id, name from firm").to_pylist()
        self.names = {row["firm_id"]: row["name"] for row in rows}

    def name(self, firm: str | None) -> str:
        """Return a firm's name; an outside funder's id is its name."""
        return self.names.get(firm or "", (firm or "").removeprefix("funder:"))

    def edges(self, currency: str) -> list[Edge]:
        """What each firm owes each other firm, before set-offs and after."""
        rows = self.engine.sql(f"""
            select o.debtor_id, o.creditor_id,
                   cast(sum(o.amount_minor) as bigint) as before,
                   cast(sum(coalesce(d.due_minor, 0)) as bigint) as after
            from obligation o left join due d using (obligation_id)
            where o.currency = '{currency}' group by 1, 2 order by 1, 2""").to_pylist()
        return [Edge(r["debtor_id"], r["creditor_id"], r["before"], r["after"]) for r in rows]

    def ageing(self, currency: str) -> list[tuple[str, int, int]]:
        """Age class, still due, set off: proven debt by days past due."""
        rows = self.engine.sql(f"""
            select date_diff('day', o.due_on, date '{self.on}') as age,
                   cast(sum(o.amount_minor) as bigint) as before,
                   cast(sum(coalesce(d.due_minor, 0)) as bigint) as after
            from obligation o left join due d using (obligation_id)
            where o.currency = '{currency}' group by 1""").to_pylist()
        found = []
        for name, low, high in AGES:
            inside = [r for r in rows if low <= r["age"] <= high]
            after = sum(r["after"] for r in inside)
            found.append((name, after, sum(r["before"] for r in inside) - after))
        return found

    def chains(self) -> tuple[list[Chain], dict[str, tuple[str, str]]]:
        """The chains worth drawing, and by claim a heading and a remark."""
        rows = self.engine.sql("""
            select c.claim_id, c.number, c.debtor_id, c.creditor_id, c.currency, v.verdict,
                   v.proven_minor, v.open_minor, v.missing, v.held_to, v.sources, f.what
            from claim c join verdict v using (claim_id) left join (
                select claim_id, min(what) as what from finding where grave group by 1) f
              using (claim_id)
            where c.claim_id in (select claim_id from chain)""").to_pylist()
        told = {r["claim_id"]: (self._heading(r), _remark(r)) for r in rows}
        return chains(self.engine.sql("select * from chain").to_pylist()), told

    def _heading(self, row: dict[str, Any]) -> str:
        proven, whole = row["proven_minor"], row["proven_minor"] + row["open_minor"]
        return (
            f"{row['number']}: {self.name(row['debtor_id'])} owes {self.name(row['creditor_id'])} "
            f"{text(whole, row['currency'])}; {row['verdict']}, {text(proven, row['currency'])} proven"
        )

    def grids(self) -> list[Grid]:
        """Every table of the page, most pressing first."""
        return [self._grid(*asked) for asked in _GRIDS]

    def _grid(self, title: str, query: str, columns: str, hint: str) -> Grid:
        rows = self.engine.sql(query).to_pylist()
        names = tuple(columns.split(","))
        cells = [tuple(self._cell(row, name) for name in names) for row in rows[:ROWS_MAX]]
        heads = tuple(name.removesuffix("_id").replace("_", " ") for name in names)
        return Grid(title, heads, cells, max(len(rows) - ROWS_MAX, 0), hint)

    def _cell(self, row: dict[str, Any], name: str) -> tuple[str, Any]:
        value = row[name]
        if name in (
            "debtor_id",
            "creditor_id",
            "firm_id",
            "seller_id",
            "buyer_id",
            "payer_id",
            "payee_id",
        ):
            return self.name(value), self.name(value)
        if isinstance(value, int) and name in _MONEY:
            return text(value, row["currency"]) if row.get("currency") else f"{value:,}", value
        if isinstance(value, float):
            return f"{value:.1%}", value
        if name.endswith("_id") or name == "id":
            return str(value or "")[:12], value or ""
        return ("" if value is None else str(value)), ("" if value is None else value)


def _remark(row: dict[str, Any]) -> str:
    """Return what a verdict says beside its figures, a sentence each."""
    said = (
        row["what"],
        row["held_to"],
        row["missing"],
        row["sources"] and f"sources: {row['sources']}",
    )
    return ". ".join(s[:1].upper() + s[1:] for s in said if s)


_MONEY = {"amount", "proven", "open", "price", "cost", "owed", "owing", "set_off", "net", "needed"}
_GRIDS = (
    (
        "Grave findings",
        "select test, what, amount_minor as amount, currency, finding_id as id from finding where grave "
        "order by coalesce(amount_minor, 0) desc, finding_id",
        "test,what,amount,id",
        "held out of clearing and finance until cleared up; tailrace why ID tells each",
    ),
    (
        "Claims not proven in full",
        "select c.number, c.creditor_id, c.debtor_id, v.verdict, v.proven_minor as proven, "
        "v.open_minor as open, v.missing, c.currency from verdict v join claim c using (claim_id) "
        "where v.verdict <> 'proven' and v.open_minor > 0 "
        "order by v.open_minor desc, c.claim_id",
        "number,creditor_id,debtor_id,verdict,proven,open,missing",
        "what record would prove the rest stands under missing",
    ),
    (
        "Needs that are left",
        'select firm_id, "on", until_on, amount_minor as needed, sure, why, currency from need '
        "where stage = 'left' order by \"on\", amount_minor desc, need_id",
        "firm_id,on,until_on,needed,sure,why",
        "after clearing and the contracts accepted so far",
    ),
    (
        "Offers",
        "select seller_id, product, buyer_id, price_minor as price, cost_minor as cost, rate_pa, pay_on, "
        "days, currency, offer_id as id from offer order by need_id, rank, offer_id",
        "seller_id,product,buyer_id,price,cost,rate_pa,pay_on,days,id",
        "cheapest first for each need; tailrace accept DIR ID takes one",
    ),
    (
        "Contracts",
        "select seller_id, product, buyer_id, notional_minor as amount, price_at_purchase_minor as price, "
        "purchase_on, maturity_on, currency, contract_id as id from contract order by purchase_on, contract_id",
        "seller_id,product,buyer_id,amount,price,purchase_on,maturity_on,id",
        "offers that were accepted",
    ),
    (
        "Notices",
        "select firm_id, owed_minor as owed, owing_minor as owing, set_off_minor as set_off, "
        "net_minor as net, cycles, currency from notice order by set_off_minor desc, notice_id",
        "firm_id,owed,owing,set_off,net,cycles",
        "what each party is told: no net position moves, but by a line of credit with the circle",
    ),
    (
        "Instructions",
        "select payer_id, payee_id, amount_minor as amount, execute_on, reason, remittance_text, currency, "
        "end_to_end_ref from instruction order by execute_on, instruction_id",
        "payer_id,payee_id,amount,execute_on,reason,remittance_text,end_to_end_ref",
        "pain.001 files for the payers' own banks; no money moves by itself",
    ),
    (
        "Conflicts",
        "select test, what, amount_minor as amount, currency, finding_id as id from finding where not grave "
        "order by coalesce(amount_minor, 0) desc, finding_id",
        "test,what,amount,id",
        "differences to clear up; they do not hold a claim out",
    ),
    (
        "Faults in the files",
        'select what, "where", mend from (select what, "where", mend, fault_id as id from fault union all '
        'select what, "where", mend, contradiction_id from contradiction) order by "where", id',
        "what,where,mend",
        "nothing of a document that cannot be read was booked; one that contradicts itself is held to the "
        "smaller figure",
    ),
)


def flows(c: CurrencyFigures) -> tuple[list[Node], list[Flow]]:
    """Return the Sankey of one currency: unpaid debt, what is proven of it, where that goes."""
    amounts = {v.name: v.amount_minor for v in c.verdicts}
    proven = c.proven_minor
    unproven = max(c.debt_minor - proven - c.held_out_minor, 0)
    instructed = min(c.instructed_minor, c.due_minor)

    def told(name: str, amount: int) -> str:
        return f"{name}  {text(amount, c.currency)}"

    nodes = [
        Node("debt", 0, told("unpaid as claimed", c.debt_minor), "debt"),
        Node("proven", 1, told("proven", proven), "good"),
        Node("held", 1, told("held out by findings", c.held_out_minor), "bad"),
        Node("open", 1, told("not proven", unproven), "warn"),
        Node("cleared", 2, told("set off without money", c.cleared_minor), "water"),
        Node("due", 2, told("due in money", c.due_minor), "debt"),
        Node("now", 3, told("instructed now", instructed), "accent"),
        Node("later", 3, told("falls due later", c.due_minor - instructed), "quietly"),
    ]
    links = [
        Flow("debt", "proven", proven),
        Flow("debt", "held", c.held_out_minor),
        Flow("debt", "open", unproven),
        Flow("proven", "cleared", c.cleared_minor),
        Flow("proven", "due", c.due_minor),
        Flow("due", "now", instructed),
        Flow("due", "later", c.due_minor - instructed),
    ]
    return (nodes, links) if amounts or proven else ([], [])


def tiles(summary: Summary, c: CurrencyFigures) -> list[tuple[str, str, str]]:
    """Return the page's headline figures: name, figure, remark."""
    share = c.cleared_minor / c.proven_minor if c.proven_minor else 0.0
    needs = {n.name: n.count for n in c.needs}
    return [
        (
            "Unpaid as claimed",
            text(c.debt_minor, c.currency),
            f"{c.unpaid:,} of {c.claims:,} claims",
        ),
        ("Proven by goods", text(c.proven_minor, c.currency), f"{c.obligations:,} obligations"),
        (
            "Set off without money",
            text(c.cleared_minor, c.currency),
            f"{share:.1%} of what is proven, {c.cycles:,} cycles",
        ),
        (
            "Due in money",
            text(c.due_minor, c.currency),
            f"{text(c.instructed_minor, c.currency)} instructed",
        ),
        (
            "Cash need",
            text(c.need_left_minor, c.currency),
            f"before clearing {text(c.need_before_minor, c.currency)}, {needs.get('before', 0)} firms",
        ),
        (
            "Finance avoided",
            text(c.avoided_minor, c.currency),
            "need that clearing made unnecessary"
            if c.avoided_minor >= 0
            else "early money went into set-offs",
        ),
    ]
