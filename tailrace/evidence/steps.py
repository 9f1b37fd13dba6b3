"""The steps of evidence in order."""

from __future__ import annotations

from tailrace.base.steps import Step
from tailrace.evidence.circles import found_circles
from tailrace.evidence.claims import bill, claim, credit
from tailrace.evidence.findings import finding
from tailrace.evidence.firms import account, firm, known_by, same_firm
from tailrace.evidence.goods import alias, article, goods, tied
from tailrace.evidence.goods_findings import found_goods
from tailrace.evidence.papers import paper, twice
from tailrace.evidence.papers_findings import found_papers
from tailrace.evidence.payments import (
    advice,
    meant,
    paid,
    paid_once,
    plain,
    said,
    shared,
    spread,
    taken,
    telling,
)
from tailrace.evidence.payments_findings import found_payments
from tailrace.evidence.shares import (
    share_by_content,
    share_by_despatch,
    share_by_item,
    share_by_order,
    share_by_receipt,
    share_despatch,
    share_order,
)
from tailrace.evidence.sides import demand, supply
from tailrace.evidence.verdicts import claim_state, line_state, match, part, verdict
from tailrace.evidence.worth import gross, part_amount, unpriced, worth

WHO = (known_by, same_firm, firm, account)
PAPERS = (twice, paper, bill, credit)
MATCHING = (
    alias,
    article,
    goods,
    tied,
    unpriced,
    worth,
    demand,
    supply,
    share_order,
    share_despatch,
    share_by_despatch,
    share_by_receipt,
    share_by_order,
    share_by_item,
    share_by_content,
)
PROOF = (part, part_amount, line_state, claim_state, gross)
PAYMENTS = (telling, paid_once, advice, said, taken, meant, plain, shared, spread, paid)
VERDICTS = (claim, match, verdict)
FINDINGS = (found_goods, found_papers, found_payments, found_circles, finding)
STEPS: tuple[Step, ...] = (
    *WHO,
    *PAPERS,
    *MATCHING,
    *PROOF,
    *PAYMENTS,
    *VERDICTS,
    *FINDINGS,
)
