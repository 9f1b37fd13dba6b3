"""One claim told with two payees: sold to both."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence.finding import test_of, together
from tailrace.evidence.rules import EvidenceRules


@step(
    reads=("twice", "document", "firm", "claim", "claim_state"),
    writes="found_sold_twice",
    version=2,
)
def sold_twice(evidence: EvidenceRules) -> str:
    """Find invoices whose two tellings name two payees, and twins under a new number that do.

    Grave: whoever pays the one still owes the other. A telling without a payee beside one with a
    payee is a notice of assignment and no finding.
    """
    return together([_same_number(), _new_number(evidence)])


def _same_number() -> str:
    query = """
        with named as (select distinct firm_id, name from firm)
        select d.document_id, t.kept_id, d.number, c.claim_id, c.amount_minor, c.currency,
               n.name, m.name as other_name
        from twice t join document d using (document_id)
        join document k on k.document_id = t.kept_id
        join firm a on a.party_id = d.payee_id join firm b on b.party_id = k.payee_id
        join named n on n.firm_id = b.firm_id join named m on m.firm_id = a.firm_id
        left join claim c on c.document_id = t.kept_id
        where t.kind = 'invoice' and a.firm_id <> b.firm_id"""
    return test_of(
        "sold_twice",
        query,
        grave=True,
        cause="document_id",
        claim_id="claim_id",
        document_id="document_id",
        other_id="kept_id",
        amount_minor="amount_minor",
        currency="currency",
        what="""'invoice ' || number || ' is told twice: to be paid to ' || name || ', and to '
            || other_name""",
    )


def _new_number(evidence: EvidenceRules) -> str:
    """The same parties, amount and near day under another number, without goods of its own.

    Of two of one day that without goods is the later: the finding holds it, not the real sale.
    """
    query = f"""
        with named as (select distinct firm_id, name from firm),
        pair as (
            select b.claim_id, min(a.claim_id) as first_claim
            from claim a join claim b
              on a.creditor_id = b.creditor_id and a.debtor_id = b.debtor_id
             and a.currency = b.currency and a.amount_minor = b.amount_minor
             and b.issued_on - a.issued_on between 0 and {evidence.duplicate_days}
             and a.claim_id <> b.claim_id
            join claim_state s on s.claim_id = b.claim_id
            join claim_state r on r.claim_id = a.claim_id
            where a.payee_id <> b.payee_id and a.amount_minor > 0
              and least(s.proven_net_minor, r.proven_net_minor) = 0
              and (a.issued_on < b.issued_on or r.proven_net_minor > s.proven_net_minor
                   or (r.proven_net_minor = s.proven_net_minor and a.claim_id < b.claim_id))
            group by 1)
        select b.*, a.number as first_number, a.document_id as first_id,
               n.name, m.name as other_name
        from pair p join claim a on a.claim_id = p.first_claim join claim b on b.claim_id = p.claim_id
        join named n on n.firm_id = a.payee_id join named m on m.firm_id = b.payee_id"""
    return test_of(
        "sold_twice",
        query,
        grave=True,
        cause="claim_id",
        claim_id="claim_id",
        document_id="document_id",
        other_id="first_id",
        amount_minor="amount_minor",
        currency="currency",
        what="""'invoices ' || first_number || ' and ' || number || ' ask for the same amount of the'
            || ' same buyer, to be paid to ' || name || ' and to ' || other_name
            || '; goods of both are not there'""",
    )
