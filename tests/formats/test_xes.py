"""XES logs, and logs in CSV under a mapping: the events they give, and what they refuse."""

from __future__ import annotations

import gzip
import tracemalloc
from datetime import UTC, datetime

import pytest
from intake_world import LIMITS
from msgspec.structs import replace

from tailrace.formats import csv, registry, xes
from tailrace.formats.table_mapping import parse

LOG = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2016" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <global scope="event"><string key="concept:name" value="?"/></global>
  <trace>
    <string key="concept:name" value="45_00010"/>
    <string key="Vendor" value="vendorID_0001"/>
    <string key="Item Category" value="3-way match, invoice after GR"/>
    <event>
      <string key="concept:name" value="Record Goods Receipt"/>
      <string key="org:resource" value="user_001"/>
      <date key="time:timestamp" value="2018-03-01T10:00:00.000+01:00"/>
      <float key="Cumulative net worth (EUR)" value="2.6787987E7"/>
    </event>
    <event>
      <string key="concept:name" value="Record Invoice Receipt"><string key="a" value="b"/></string>
      <date key="time:timestamp" value="2018-03-02T10:00:00.000+01:00"/>
      <float key="Cumulative net worth (EUR)" value="100.5"/>
    </event>
  </trace>
</log>
"""


def read(text: str, **limits):
    return xes.read(text.encode(), "x.xes", replace(LIMITS, **limits))


def test_a_trace_becomes_events_of_one_order_item():
    rows = read(LOG)
    assert rows.faults == []
    first, second = rows.tables["event"]
    assert first["object_ref"] == second["object_ref"] == "45_00010"
    assert first["happened_at"] == datetime(2018, 3, 1, 9, tzinfo=UTC)
    assert (first["activity"], first["actor"]) == ("Record Goods Receipt", "user_001")
    assert [e["amount_minor"] for e in (first, second)] == [2_678_798_700, 10_050]
    assert [e["position"] for e in (first, second)] == [1, 2]
    assert second["partner"] == "vendorID_0001"
    assert second["category"] == "3-way match, invoice after GR"
    assert first["event_id"] != second["event_id"]


def test_the_root_element_says_that_it_is_xes():
    head = LOG.encode()
    assert registry.find(head, "anything.xml", ()).name == "xes"
    assert registry.find(b"<log><trace></trace></log>", "a.xes", ()).name == "xes"
    assert registry.find(b"<log><objects/></log>", "a.xml", ()).name != "xes"


def test_a_bad_event_is_a_fault_and_its_neighbours_stay():
    torn = LOG.replace("2018-03-01T10:00:00.000+01:00", "first of March")
    rows = read(torn.replace('value="100.5"', 'value="0.001"'))
    (event,) = rows.tables["event"]
    assert (event["position"], event["amount_minor"]) == (2, None)
    assert [f.what.split(":")[0] for f in rows.faults] == [
        "event 1 of trace '45_00010'",
        "event 2 of trace '45_00010'",
    ]
    assert "is not a moment" in rows.faults[0].what


def test_a_trace_without_a_name_is_a_fault():
    rows = read(LOG.replace('<string key="concept:name" value="45_00010"/>', ""))
    assert "event" not in rows.tables
    assert "trace 1 has no name" in rows.faults[0].what


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE log>",
        '<!DOCTYPE log SYSTEM "http://example.org/evil.dtd">',
        '<!DOCTYPE log [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>',
        '<!DOCTYPE log [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_a_doctype_is_refused_where_it_begins(doctype: str):
    prolog, rest = LOG.split("\n", 1)
    rows = read(f"{prolog}\n<!-- {'x' * 70_000} -->{doctype}{rest}")
    (fault,) = rows.faults
    assert fault.what == "the file has a DOCTYPE"
    assert fault.position > 70_000
    assert not rows.tables


@pytest.mark.parametrize(
    ("text", "limits", "what"),
    [
        (LOG, {"bytes_max": 100}, "are too many"),
        (LOG, {"depth_max": 3}, "nested too deep"),
        (LOG, {"attributes_max": 1}, "too many attributes"),
        (LOG, {"text_max": 20}, "too long"),
        (LOG[:-10], {}, "not well-formed XML"),
        ("", {}, "not well-formed XML"),
        (LOG.replace("UTF-8", "UTF-7"), {}, "encoding 'utf-7' is not read"),
        (LOG.replace('value="45_00010"', 'value="&nothing;"'), {}, "not well-formed XML"),
    ],
)
def test_a_file_that_breaks_a_limit_is_one_fault(text: str, limits: dict, what: str):
    rows = read(text, **limits)
    (fault,) = rows.faults
    assert what in fault.what
    assert not rows.tables


def test_the_tree_of_a_long_log_is_not_kept():
    trace = LOG[LOG.index("  <trace>") : LOG.index("</log>")]
    text = LOG.replace("</log>", trace * 2_000 + "</log>").encode()
    tracemalloc.start()
    traces = xes._traces(text, LIMITS, xes.Trouble("x.xes", "s"))
    assert sum(len(events) for _, _, events in traces) == 4_002
    assert tracemalloc.get_traced_memory()[1] < 3 * len(text)
    tracemalloc.stop()


def test_the_real_log_is_read_without_a_fault(shared):
    path = shared("records/xes/bpic2019-1-trace-per-variant-a.xes.gz")
    content = gzip.decompress(path.read_bytes())
    rows = xes.read(content, path.name, LIMITS)
    assert rows.faults == []
    assert len(rows.tables["event"]) == content.count(b"<event>") == 165_821


MAPPING = """
[[file]]
pattern = "events*.csv"
kind = "event"
[file.constants]
currency = "EUR"
[file.columns]
"Item" = "object_ref"
"What" = "activity"
"When" = "happened_at"
"Who" = "actor"
"Worth" = "amount"
"Vendor" = "partner"
"""
EVENTS = """Item,What,When,Who,Worth,Vendor
P1,Record Goods Receipt,2026-03-02T10:00:00+01:00,anna,100.50,Weir
P1,,2026-03-03T10:00:00Z,anna,1,Weir
P1,Clear Invoice,2026-03-03 10:00:00,,1.005,Weir
"""


def test_a_csv_file_of_events_is_read_by_its_mapping():
    mappings = parse(MAPPING, "map")
    rows = csv.read(EVENTS.encode(), "events.csv", LIMITS, mappings)
    first, last = rows.tables["event"]
    assert (first["object_kind"], first["object_ref"]) == ("order item", "P1")
    assert first["happened_at"] == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert (first["amount_minor"], first["currency"], first["partner"]) == (10_050, "EUR", "Weir")
    assert (last["event_ref"], last.get("amount_minor")) == ("4", None)
    assert [f.where for f in rows.faults] == ["events.csv, row 3", "events.csv, row 4"]
    assert "activity is not said" in rows.faults[0].what


def test_events_written_by_a_mapping_read_back_alike():
    mappings = parse(MAPPING, "map")
    once = csv.read(EVENTS.replace(",1.005,", ",2.00,").encode(), "events.csv", LIMITS, mappings)
    content = csv.write(once.tables, mappings[0])
    again = csv.read(content, "events.csv", LIMITS, mappings)
    told = [
        [(e["activity"], e["happened_at"], e["amount_minor"]) for e in rows.tables["event"]]
        for rows in (once, again)
    ]
    assert told[0] == told[1]
