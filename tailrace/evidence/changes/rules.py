"""The rule set under which a change is a change. Data: see `tailrace/rules.toml [changes]`."""

from __future__ import annotations

from msgspec import Struct

from tailrace.evidence.changes.measures import MEASURES

NAMES = tuple(m.name for m in MEASURES)


class ChangeRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How sure and how large a change must be, and what history it needs."""

    measures: tuple[str, ...]  # what is watched, by name
    false_alarm_rate: float  # of all that is reported, the share that may be chance (BH)
    history_min: int  # observations before the day (weeks, orders, invoices) to be judged
    after_min: int  # observations since the day
    history_days: int  # how far back before the day the past goes
    fill_days: int  # an order's fill rate is what came within so many days of it
    dispute_days: int  # an invoice is disputed if it is within so many days of it
    least: dict[str, float]  # smallest change that matters, by measure

    def __post_init__(self) -> None:
        if not 0 < self.false_alarm_rate < 0.5:
            raise ValueError("changes.false_alarm_rate is a share: above 0 and below 0.5")
        if self.history_min < 2 or self.after_min < 2:
            raise ValueError("changes.history_min and after_min are 2 or more")
        if min(self.history_days, self.fill_days, self.dispute_days) < 1:
            raise ValueError("days of [changes] are 1 or more")
        for name, said in (("least", self.least), ("measures", self.measures)):
            if unknown := sorted(set(said) - set(NAMES)):
                known = ", ".join(NAMES)
                raise ValueError(f"changes.{name} names {unknown[0]!r}; it knows {known}")
        if unsaid := sorted(set(self.measures) - set(self.least)):
            raise ValueError(f"changes.least does not say what matters of {unsaid[0]!r}")
        if any(size < 0 for size in self.least.values()):
            raise ValueError("changes.least holds sizes of change, not below 0")
