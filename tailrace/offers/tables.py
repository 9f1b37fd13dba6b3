"""What offers write. Offers are derived; an acceptance binds and is appended."""

from __future__ import annotations

from tailrace.base.tables import COUNT, DAY, MINOR, RATIO, TEXT, Column, Schema

OFFER = Schema(
    "offer",
    "One way to meet a need with one obligation: who pays, how much, when, at what cost.",
    (
        Column("offer_id", TEXT, "digest of need, product, obligation, buyer and price"),
        Column("need_id", TEXT, "the need"),
        Column("rank", COUNT, "1 is the cheapest for this need"),
        Column("product", TEXT, "early_payment, member_early_payment, discounting"),
        Column("source", TEXT, "debtor, member or outside: whose money it is"),
        Column("obligation_id", TEXT, "the obligation bought or paid early"),
        Column("claim_id", TEXT, "its claim"),
        Column("seller_id", TEXT, "who gets money early", points="firm"),
        Column("buyer_id", TEXT, "who gives it", points="firm"),
        Column("debtor_id", TEXT, "who owes the obligation", points="firm"),
        Column("currency", TEXT, "ISO 4217"),
        Column("notional_minor", MINOR, "face amount"),
        Column("reach_minor", MINOR, "how much of the need money of such a length can meet"),
        Column("price_minor", MINOR, "money given on `pay_on`"),
        Column("cost_minor", MINOR, "notional - price: what the seller gives up"),
        Column("rate_pa", RATIO, "yearly rate, simple, on the day count, fee included"),
        Column("day_count", TEXT, "A360, A365"),
        Column("issued_on", DAY, "day of the claim: the contract's initial exchange"),
        Column("pay_on", DAY, "day the money comes"),
        Column("maturity_on", DAY, "day the obligation is expected to be paid"),
        Column("days", COUNT, "between the two"),
    ),
    ("offer_id",),
)

ACCEPTANCE = Schema(
    "acceptance",
    "An offer somebody accepted.",
    (
        Column("acceptance_id", TEXT, "digest of the offer"),
        Column("offer_id", TEXT, "the offer"),
        Column("contract_id", TEXT, "the contract it became"),
        Column("obligation_id", TEXT, "the obligation, now held"),
        Column("on", DAY, "the day"),
    ),
    ("acceptance_id",),
)

ASK = Schema(
    "ask",
    "A need and an obligation that could meet it: what products are asked to bid for. Derived.",
    (
        Column("need_id", TEXT, "the need"),
        Column("obligation_id", TEXT, "an obligation owed to the firm in need, proven and free"),
        Column("claim_id", TEXT, "its claim"),
        Column("seller_id", TEXT, "the firm in need", points="firm"),
        Column("debtor_id", TEXT, "who owes the obligation", points="firm"),
        Column("currency", TEXT, "ISO 4217"),
        Column("notional_minor", MINOR, "what is due"),
        Column(
            "reach_minor", MINOR, "of the need, what is deeper than the days after it is expected"
        ),
        Column("issued_on", DAY, "day of the claim"),
        Column("pay_on", DAY, "day the money would come"),
        Column("maturity_on", DAY, "day it is due"),
        Column("days", COUNT, "between the two"),
    ),
    ("need_id", "obligation_id"),
)

EXPOSURE = Schema(
    "exposure",
    "What a debtor owes a buyer on contracts in force: it counts against the buyer's limits. Derived.",
    (
        Column("buyer_id", TEXT, "who bought", points="firm"),
        Column("debtor_id", TEXT, "who owes", points="firm"),
        Column("currency", TEXT, "ISO 4217"),
        Column("notional_minor", MINOR, "face of contracts whose obligation is still due"),
    ),
    ("buyer_id", "debtor_id", "currency"),
)

TABLES = (ASK, EXPOSURE, OFFER, ACCEPTANCE)
