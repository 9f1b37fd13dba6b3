"""The steps of evidence in order."""

from __future__ import annotations

from tailrace.base.steps import Step
from tailrace.evidence.chain import chain
from tailrace.evidence.changes.judging import changed
from tailrace.evidence.changes.told import observation, open_sum
from tailrace.evidence.finding import finding
from tailrace.evidence.finding import steps as tests
from tailrace.evidence.goods.caps import price_cap, priced, quantity_cap
from tailrace.evidence.goods.lines import alias, article, goods, tied
from tailrace.evidence.goods.meters import consumption, metered
from tailrace.evidence.goods.services import service_line, service_supply
from tailrace.evidence.goods.shares import background, share
from tailrace.evidence.goods.sides import demand, supply
from tailrace.evidence.goods.tolerances import factor, tolerance
from tailrace.evidence.goods.worth import gross, part_amount, unpriced, worth
from tailrace.evidence.logs.count import counted
from tailrace.evidence.logs.told import log_case, log_event, log_tie
from tailrace.evidence.money.closing import closed
from tailrace.evidence.money.meaning import advice, meant, said, taken
from tailrace.evidence.money.paying import paid, plain, shared, spread
from tailrace.evidence.money.references import referred
from tailrace.evidence.money.telling import paid_once, telling
from tailrace.evidence.papers.claims import bill, claim
from tailrace.evidence.papers.contradictions import checked, contradiction, held, misread, reckoned
from tailrace.evidence.papers.credits import advanced, credit, placed, undone
from tailrace.evidence.papers.papers import paper, twice
from tailrace.evidence.verdicts.matches import match
from tailrace.evidence.verdicts.states import claim_state, line_state, part
from tailrace.evidence.verdicts.verdicts import backing, verdict
from tailrace.evidence.who.affiliates import affiliate
from tailrace.evidence.who.deciding import in_force
from tailrace.evidence.who.firms import account, firm, known_by
from tailrace.evidence.who.joining import same_firm
from tailrace.evidence.who.names import called, likely
from tailrace.evidence.who.numbers import number, told_number

WHO = (told_number, number, known_by, in_force, same_firm, firm, account, called, affiliate)
CANDIDATES = (likely,)  # looked for when a person asks, and not in a run
PAPERS = (twice, paper, bill, placed, credit, advanced)
CONTRADICTIONS = (misread, reckoned, checked, contradiction, held)
FORGIVEN = (tolerance, factor)
ITEMS = (alias, article)
METERS = (service_line, consumption, metered)  # readings are no pair's own: none of these is keyed
MEANINGS = (telling, paid_once, advice, referred, said, taken, meant)
MATCHING = (
    goods,
    tied,
    service_supply,
    unpriced,
    worth,
    undone,
    demand,
    supply,
    background,
    share,
)
PROOF = (
    quantity_cap,
    priced,
    price_cap,
    part,
    part_amount,
    line_state,
    claim_state,
    gross,
)
PAYMENTS = (plain, shared, spread, paid, closed)
VERDICTS = (claim, match, backing, verdict)
# What a pair of firms is proven by is the pair's own: these may be run on some pairs alone. No
# other step stands among them, and what they read beyond their own is laid to pairs by its columns.
KEYED = (*MATCHING, *PROOF, *PAYMENTS, *VERDICTS)
FINDINGS = (*tests(), finding, chain)
LOGS = (log_tie, log_case, log_event, counted)
CHANGES = (observation, open_sum, changed)  # they ask since when: run where somebody does
STEPS: tuple[Step, ...] = (
    *WHO,
    *FORGIVEN,
    *PAPERS,
    *CONTRADICTIONS,
    *ITEMS,
    *METERS,
    *MEANINGS,
    *KEYED,
    *FINDINGS,
    *LOGS,
)
