"""Contract terms and events. Accepted contracts bind: they are appended.

Names, codes and signs: ACTUS dictionary 1.4. Amounts of a projection are floats in currency units;
amounts due are exact minor units.
"""

from __future__ import annotations

from tailrace.base.tables import DAY, MINOR, RATIO, TEXT, Column, Schema

CONTRACT = Schema(
    "contract",
    "A contract in force, with the offer it came from and the obligation it rests on.",
    (
        Column("contract_id", TEXT, "digest of the offer accepted"),
        Column("contract_type", TEXT, "ACTUS contractType: PAM"),
        Column("contract_role", TEXT, "ACTUS contractRole of the buyer: RPA"),
        Column("product", TEXT, "the product's name, as early_payment"),
        Column("offer_id", TEXT, "the offer", null=True),
        Column("need_id", TEXT, "the need it meets", null=True),
        Column("obligation_id", TEXT, "the obligation bought or paid early"),
        Column("claim_id", TEXT, "its claim"),
        Column("seller_id", TEXT, "who gets money early", points="firm"),
        Column(
            "buyer_id",
            TEXT,
            "who gives it: the debtor, a member, or a funder's name",
            points="firm",
        ),
        Column("debtor_id", TEXT, "who owes the obligation", points="firm"),
        Column("currency", TEXT, "ISO 4217"),
        Column("notional_minor", MINOR, "face amount, paid by the debtor at maturity"),
        Column("price_at_purchase_minor", MINOR, "ACTUS priceAtPurchaseDate, exact"),
        Column("status_on", DAY, "ACTUS statusDate: the day it was accepted"),
        Column("initial_exchange_on", DAY, "ACTUS initialExchangeDate: the claim's issue day"),
        Column("purchase_on", DAY, "ACTUS purchaseDate"),
        Column("maturity_on", DAY, "ACTUS maturityDate"),
        Column("nominal_interest_rate", RATIO, "ACTUS nominalInterestRate: 0"),
        Column("day_count", TEXT, "ACTUS dayCountConvention: A360, A365"),
        Column("rate_pa", RATIO, "yearly rate the price was made with"),
    ),
    ("contract_id",),
)

EVENT_TABLE = Schema(
    "contract_event",
    "Projected events of contracts, in order of day and ACTUS sequence. Derived.",
    (
        Column("contract_id", TEXT, "the contract"),
        Column("event_on", DAY, "ACTUS event day"),
        Column("event_type", TEXT, "ACTUS: IED, PRD, IP, MD, ..."),
        Column("payoff", RATIO, "cash to the record creator, signed, in currency units"),
        Column("currency", TEXT, "ISO 4217"),
        Column("notional_principal", RATIO, "state after the event"),
        Column("nominal_interest_rate", RATIO, "state after the event"),
        Column("accrued_interest", RATIO, "state after the event"),
    ),
    ("contract_id", "event_on", "event_type"),
)

TABLES = (CONTRACT, EVENT_TABLE)
