"""The obligations and case states of a log by Polars, written by hand for BPI 2019's words."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl

STEP = {
    "Create Purchase Order Item": "order",
    "Record Goods Receipt": "receipt",
    "Cancel Goods Receipt": "cancel_receipt",
    "Record Invoice Receipt": "invoice",
    "Cancel Invoice Receipt": "cancel_invoice",
    "Record Subsequent Invoice": "adjust",
    "Cancel Subsequent Invoice": "cancel_adjust",
    "Clear Invoice": "clear",
    "Vendor creates invoice": "vendor_invoice",
    "Vendor creates debit memo": "debit_memo",
    "Set Payment Block": "block",
    "Remove Payment Block": "unblock",
    "Change Price": "change",
    "Change Quantity": "change",
}
FLOW = {
    "3-way match, invoice after GR": "after",
    "3-way match, invoice before GR": "before",
    "2-way match": "no receipt",
    "Consignment": "no invoice",
}
STEPS = sorted({*STEP.values(), "other"})
C = pl.col


def count(source: Path, on: date) -> dict[str, pl.DataFrame]:
    """Return `counted` and `case_state` of a log in a Parquet file."""
    end = pl.lit(on + timedelta(days=1)).cast(pl.Datetime("us", "UTC"))
    log = (
        pl.scan_parquet(source)
        .filter(C("at") < end)
        .with_columns(
            step=C("activity").replace_strict(STEP, default="other", return_dtype=pl.Enum(STEPS))
        )
        .drop("activity")
        .collect()
    )
    month = log["at"].dt.truncate("1mo")
    busy = month.value_counts().filter(C("count") >= 0.001 * log.height)["at"]
    outside = (month < busy.min()) | (month > busy.max())
    log = log.with_columns(outside=outside).sort("case_ref", "at", "position").with_row_index("row")
    receipts = _standing(log, "receipt", "cancel_receipt")
    invoices = _standing(log, "invoice", "cancel_invoice")
    clears = log.filter(C("step") == "clear").select("case_ref", "row", "at", "outside", k=_nth())
    counted = _counted(log, receipts, invoices, clears)
    return {"counted": counted, "case_state": _states(log, receipts, invoices, counted)}


def _nth() -> pl.Expr:
    return pl.int_range(pl.len()).over("case_ref")


def _standing(log: pl.DataFrame, entry: str, cancel: str) -> pl.DataFrame:
    """Return every entry; `reversed_at` is set where a cancellation took it back, oldest first."""
    some = log.filter(C("step").is_in([entry, cancel]))
    busy = some.filter(C("step") == cancel)["case_ref"].unique()
    entries = some.filter(C("step") == entry).with_columns(nth=_nth() + 1)
    if not len(busy):
        return entries.with_columns(reversed_at=pl.lit(None, pl.Datetime("us", "UTC")), k=_nth())
    walk = (
        some.filter(C("case_ref").is_in(busy.implode()))
        .with_columns(delta=pl.when(C("step") == entry).then(1).otherwise(-1))
        .with_columns(total=C("delta").cum_sum().over("case_ref"))
        .with_columns(low=pl.min_horizontal(C("total"), 0).cum_min().over("case_ref"))
        .with_columns(low_before=C("low").shift(1, fill_value=0).over("case_ref"))
        .filter((C("delta") < 0) & (C("low") == C("low_before")))
        .select("case_ref", nth=_nth() + 1, reversed_at="at")
    )
    entries = entries.join(walk, on=["case_ref", "nth"], how="left").sort("row")
    alive = entries.filter(C("reversed_at").is_null()).select("row", k=_nth())
    return entries.join(alive, on="row", how="left").sort("row")


def _counted(
    log: pl.DataFrame, receipts: pl.DataFrame, invoices: pl.DataFrame, clears: pl.DataFrame
) -> pl.DataFrame:
    receipt = receipts.filter(C("k").is_not_null()).select(
        "case_ref",
        "k",
        receipt_row="row",
        received_at="at",
        r_out="outside",
        receipt_position="position",
    )
    clear = clears.select("case_ref", "k", clear_row="row", cleared_at="at", c_out="outside")
    blocked = (
        log.filter(C("step").is_in(["block", "unblock"]))
        .group_by("case_ref")
        .agg(case_blocked=C("step").sort_by("row").last() == "block")
    )
    flow = C("category").replace_strict(FLOW, default="before")
    found = (
        invoices.join(receipt, on=["case_ref", "k"], how="left")
        .join(clear, on=["case_ref", "k"], how="left")
        .join(blocked, on="case_ref", how="left")
        .with_columns(flow=flow)
        .with_columns(
            backed=C("receipt_row").is_not_null()
            & (C("flow") != "no receipt")
            & ((C("receipt_row") < C("row")) | (C("flow") != "after")),
            paid=C("clear_row").is_not_null() & (C("clear_row") > C("row")),
            back=C("reversed_at").is_not_null(),
        )
        .sort("row")
    )
    return _told(found)


def _told(found: pl.DataFrame) -> pl.DataFrame:
    """Return the verdict on each invoice and what it rests on."""
    day = C("cleared_at").dt.epoch("d") - C("invoiced_at").dt.epoch("d")
    return found.select(
        "case_ref",
        "nth",
        "partner",
        pl.when("back")
        .then(pl.lit("reversed"))
        .when("backed")
        .then(pl.lit("proven"))
        .otherwise(pl.lit("unproven"))
        .alias("verdict"),
        pl.when(C("backed") & (C("receipt_row") < C("row")))
        .then(pl.lit("receipt before invoice"))
        .when("backed")
        .then(pl.lit("receipt after invoice"))
        .when(C("flow") == "no receipt")
        .then(pl.lit("no receipt due"))
        .otherwise(pl.lit("none"))
        .alias("basis"),
        "amount_minor",
        "currency",
        C("at").alias("invoiced_at"),
        pl.when("backed").then("received_at").alias("received_at"),
        pl.when("paid").then("cleared_at").alias("cleared_at"),
        "reversed_at",
        (C("case_blocked").fill_null(False) & ~C("back") & ~C("paid")).alias("blocked"),
        (
            C("outside")
            | (C("backed") & C("r_out")).fill_null(False)
            | (C("paid") & C("c_out")).fill_null(False)
        ).alias("outside"),
        C("position").alias("invoice_position"),
        pl.when("backed").then("receipt_position").alias("receipt_position"),
    ).with_columns(days=day.cast(pl.Int64))


def _states(
    log: pl.DataFrame, receipts: pl.DataFrame, invoices: pl.DataFrame, counted: pl.DataFrame
) -> pl.DataFrame:
    def times(step: str) -> pl.Expr:
        return (C("step") == step).sum().cast(pl.Int64)

    of_words = C("step").filter(C("step").is_in(["block", "unblock"]))
    first = {s: C("at").filter(C("step") == s).min() for s in ("order", "vendor_invoice")}
    states = log.group_by("case_ref", maintain_order=True).agg(
        partner=C("partner").first(),
        category=C("category").first(),
        events=pl.len().cast(pl.Int64),
        receipts=times("receipt"),
        receipts_cancelled=times("cancel_receipt"),
        invoices=times("invoice"),
        invoices_cancelled=times("cancel_invoice"),
        clearings=times("clear"),
        debit_memos=times("debit_memo"),
        adjustments=times("adjust"),
        adjustments_cancelled=times("cancel_adjust"),
        changes=times("change"),
        blocks_set=times("block"),
        blocks_removed=times("unblock"),
        blocked=(of_words.last() == "block").fill_null(False),
        invoice_before_order=(first["vendor_invoice"] < first["order"]).fill_null(False),
        outside=C("outside").sum().cast(pl.Int64),
        amount_minor=C("amount_minor").last(),
        currency=C("currency").last(),
    )
    alive = C("reversed_at").is_null().sum().cast(pl.Int64)
    received = receipts.group_by("case_ref").agg(receipts_standing=alive)
    invoiced = invoices.group_by("case_ref").agg(invoices_standing=alive)
    met = counted.group_by("case_ref").agg(
        invoices_proven=C("received_at").is_not_null().sum().cast(pl.Int64),
        invoices_cleared=C("cleared_at").is_not_null().sum().cast(pl.Int64),
    )
    for other in (received, invoiced, met):
        states = states.join(other, on="case_ref", how="left")
    new = ("receipts_standing", "invoices_standing", "invoices_proven", "invoices_cleared")
    stands, got = C("invoices_standing"), C("receipts_standing")
    return (
        states.with_columns(C(*new).fill_null(0))
        .with_columns(
            flow=C("category").replace_strict(FLOW, default="before"),
            state=pl.when((stands > 0) & (C("clearings") >= stands))
            .then(pl.lit("settled"))
            .when(stands > 0)
            .then(pl.lit("open"))
            .when(got > 0)
            .then(pl.lit("accrued"))
            .otherwise(pl.lit("neither")),
            receipts_unbilled=got - C("invoices_proven"),
            clearings_spare=C("clearings") - C("invoices_cleared"),
        )
        .sort("case_ref")
    )
