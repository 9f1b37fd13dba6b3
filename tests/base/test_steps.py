"""Steps say what they read, write and ask for."""

from __future__ import annotations

import pytest

from tailrace import BadTerms
from tailrace.base.steps import array_step, step


@step(reads=("load",), writes="late", version=2)
def late(on, evidence):
    """A query step that asks for a day and rules."""
    return f"select * from load where left_on > date '{on}' {evidence}"


@array_step(reads=("load",), writes=("late", "lost"), version=1, binds=True)
def sort_out(load, seed):
    """An array step that asks for a seed beside its table."""
    return {"late": load, "lost": seed}


def test_a_step_says_its_rule_and_what_it_asks_for():
    assert (late.rule.rpartition(".")[2], late.writes, late.version) == ("late", ("late",), 2)
    assert late.asks == ["on", "evidence"]
    assert sort_out.asks == ["seed"]
    assert (sort_out.query, sort_out.binds, sort_out.writes) == (False, True, ("late", "lost"))


def test_a_step_is_given_the_rules_it_asks_for_and_no_others():
    assert late.chosen({"on": 1, "evidence": 2, "offers": 3}) == {"on": 1, "evidence": 2}


def test_a_rule_that_is_missing_is_named():
    with pytest.raises(BadTerms) as refused:
        late.chosen({"on": 1})
    assert refused.value.what == "step late needs evidence"
    assert refused.value.mend == "pass each rule by name; none has a default"


def test_a_step_can_be_called_as_the_function_it_is():
    assert late("2026-03-31", "and cold").endswith("and cold")
