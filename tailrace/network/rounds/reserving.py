"""Reservation: from its final run to its adoption a round keeps its debts to itself."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from tailrace.network.rounds.acts import state_of
from tailrace.network.rounds.tables import RESERVED


def reserved(round_act: pa.Table, round_line: pa.Table) -> pa.Table:
    """Return kind `reserved`: the debts that take part in a final run not yet adopted or cancelled.

    All that take part are kept, not those set off alone: a refusal may bring in any of them.
    """
    waiting = []
    for round_id in sorted(pc.unique(round_act["round_id"]).to_pylist()):
        state = state_of(round_id, round_act)
        if state.stage == "final" and state.proposal:
            waiting.append(state.proposal["round_act_id"])
    mine = pc.is_in(round_line["round_act_id"], value_set=pa.array(waiting, pa.string()))
    rows = round_line.filter(pc.and_(mine, pc.is_null(round_line["left_out"])))
    return RESERVED.cast(rows.select(RESERVED.names)).sort_by(
        [("obligation_id", "ascending"), ("round_id", "ascending")]
    )
