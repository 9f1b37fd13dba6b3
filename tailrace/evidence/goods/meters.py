"""What meters counted, and how much of it lies in the period an invoice line is for.

Each reader's word is a series of its own: a running total gives what lies between two readings, an
interval gives itself. Within a series nothing overlaps, and lines of one meter, item and pair of
firms take turns by period, so nothing that was counted proves twice.
"""

from __future__ import annotations

from datetime import date

from tailrace.base.steps import step
from tailrace.evidence.rules import EvidenceRules

_RANK = {"corrected": 0, "measured": 1, "estimated": 3}  # what is not said stands between
_QUALITY = (
    "case lower(quality) "
    + " ".join(f"when '{word}' then {rank}" for word, rank in _RANK.items())
    + " else 2 end"
)
_DAY = 86_400_000_000  # microseconds
_SAME = "meter_ref, register, unit, told_by_id"


@step(reads=("reading", "firm", "service_line"), writes="consumption", version=1)
def consumption(on: date, evidence: EvidenceRules) -> str:
    """Turn the readings of meters that invoices name into what was counted from when to when.

    Of readings of one moment the best counts: corrected, measured, estimated. An estimate above a
    later reading was too high and is left out. A running total that falls (a reset, a new meter)
    says nothing of the time between. Intervals of one series that overlap count once, the first.
    """
    estimated = "true" if evidence.estimated_proves else "quality < 3"
    return f"""
        with told as (
            select r.reading_id, r.meter_ref, coalesce(r.register, '') as register, r.unit,
                   f.firm_id as told_by_id, r.from_at, r.to_at, r.value, r.cumulative,
                   {_QUALITY} as quality
            from reading r join firm f on f.party_id = r.reader_id
            where r.meter_ref in (select meter_ref from service_line)
              and epoch_us(r.to_at) < epoch_us(cast(date '{on}' as timestamp)) + {_DAY}),
        best as (
            select * from told where {estimated}
            qualify row_number() over (
                partition by {_SAME}, cumulative, from_at, to_at
                order by quality, value, reading_id) = 1),
        sure as (
            select * from best where cumulative
            qualify quality < 3 or value <= coalesce(min(value) filter (quality < 3) over (
                partition by {_SAME} order by to_at
                rows between current row and unbounded following), value)),
        total as (
            select *, lag(to_at) over w as begun_at, lag(value) over w as before from sure
            window w as (partition by {_SAME} order by to_at)),
        spans as (
            select *, cast(floor(log2(epoch_us(to_at) - epoch_us(from_at))) as bigint) as series
            from best where not cumulative and from_at < to_at),
        apart as (
            select * from spans
            qualify from_at >= coalesce(max(to_at) over (
                partition by {_SAME}, series order by from_at, to_at, reading_id
                rows between unbounded preceding and 1 preceding), from_at))
        select {_SAME}, cast(-1 as bigint) as series, begun_at as from_at, to_at,
               value - before as quantity, reading_id as closing_id
        from total where value >= before
        union all
        select {_SAME}, series, from_at, to_at, value, reading_id from apart"""


@step(reads=("service_line", "consumption", "affiliate", "line"), writes="metered", version=1)
def metered(evidence: EvidenceRules) -> str:
    """Add up what lies in the period of each line that names a meter.

    A line without a period begins where the line before it ended; without one before, it has none.
    What was counted belongs to the period its middle lies in, and must not reach out of it by more
    than `reading_days`. Where the meter has several registers the line names one as its item. Of
    several readers or series the one that covers most counts, then the one that says least.
    """
    return f"""
        with lane as (
            select s.*, concat_ws(chr(31), s.meter_ref, s.unit, s.seller_id, s.buyer_id, s.item)
                       as lane,
                   max(s.period_to) over (
                       partition by s.meter_ref, s.unit, s.seller_id, s.buyer_id, s.item
                       order by coalesce(s.period_from, s.period_to), s.day, s.line_id
                       rows between unbounded preceding and 1 preceding) as upto
            from service_line s where s.meter_ref is not null),
        windows as (
            select *, epoch_us(cast(greatest(coalesce(period_from, upto + 1),
                                             coalesce(upto + 1, period_from)) as timestamp))
                       as begins,
                   epoch_us(cast(period_to as timestamp)) + {_DAY} as ends
            from lane where coalesce(period_from, upto) is not null),
        lanes as (select distinct lane, meter_ref, unit from windows),
        counted as (
            select c.*, l.lane, epoch_us(c.from_at) as starts, epoch_us(c.to_at) as stops,
                   (epoch_us(c.from_at) + epoch_us(c.to_at)) // 2 as middle
            from consumption c join lanes l using (meter_ref, unit)),
        fitted as (
            select w.line_id, w.document_id, w.meter_ref, c.register, c.told_by_id, c.series,
                   c.quantity, c.from_at, c.to_at, c.starts, c.stops, c.closing_id
            from counted c asof join (select * from windows where begins < ends) w
              on w.lane = c.lane and c.middle >= w.begins
            where c.middle < w.ends and c.starts >= w.begins - {evidence.reading_days * _DAY}
              and c.stops <= w.ends + {evidence.reading_days * _DAY}
              and c.told_by_id <> w.seller_id and not exists (
                  select 1 from affiliate a
                  where a.firm_id = c.told_by_id and a.other_id = w.seller_id)),
        summed as (
            select line_id, document_id, meter_ref, register, told_by_id, series,
                   sum(quantity) as quantity, sum(stops - starts) as covered,
                   min(from_at) as from_at, max(to_at) as to_at,
                   arg_max(closing_id, stops) as closing_id, count(*) as count
            from fitted group by all),
        chosen as (
            select s.*, lower(s.register) in (
                       lower(l.item_ref), lower(l.buyer_item_ref), lower(l.standard_item_ref),
                       lower(l.item_name)) as named,
                   min(s.register) over (partition by line_id) = max(s.register) over (
                       partition by line_id) as sole
            from summed s join line l using (line_id))
        select line_id, document_id, meter_ref, register, told_by_id, quantity, from_at, to_at,
               closing_id, count
        from chosen where quantity > 0 and (sole or coalesce(named, false))
        qualify row_number() over (
            partition by line_id order by coalesce(named, false) desc, covered desc, quantity,
            told_by_id, series) = 1"""
