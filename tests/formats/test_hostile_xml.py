"""The shared hostile files end as the table beside them says."""

from __future__ import annotations

import gzip
import tracemalloc

import pytest
from intake_world import LIMITS
from xml_world import told

from tailrace.formats import ubl
from tailrace.formats.registry import read_file

REFUSED = ("reject document", "refused by")
FIELD = ("reject field",)
SAYS = {
    "bad-truncated": "not well-formed",
    "xxe-file": "DOCTYPE",
    "xxe-parameter": "DOCTYPE",
    "xxe-loopback": "DOCTYPE",
    "billion-laughs": "DOCTYPE",
    "quadratic-blowup": "DOCTYPE",
    "xinclude": "unknown element 'include'",
    "huge-text": "the text of an element is too long",
    "deep-nesting": "nested too deep",
    "attribute-flood": "too many attributes",
    "many-lines-20000": "BR-CO-10",
    "ok-trailing-zeros": "BR-DEC-18",
}
NAMES = [
    "ok-base.xml",
    "ok-utf16.xml",
    "ok-bom.xml",
    "ok-latin1.xml",
    "ok-other-prefixes.xml",
    "ok-comment-inside-amount.xml",
    "ok-cdata-amount.xml",
    "ok-pi-inside-amount.xml",
    "ok-spaces-amount.xml",
    "ok-plus-sign.xml",
    "ok-trailing-zeros.xml",
    "bad-exponent-amount.xml",
    "bad-thousands-amount.xml",
    "bad-nan-amount.xml",
    "bad-empty-amount.xml",
    "big-amount-30-digits.xml",
    "bad-arabic-digits.xml",
    "bad-latin1-in-utf8.xml",
    "bad-overlong-utf8.xml",
    "bad-nul.xml",
    "bad-truncated.xml",
    "bad-two-roots.xml",
    "bad-dup-attr.xml",
    "bad-undeclared-prefix.xml",
    "xxe-file.xml",
    "xxe-parameter.xml",
    "xxe-loopback.xml",
    "billion-laughs.xml",
    "quadratic-blowup.xml",
    "xinclude.xml",
    "huge-text.xml.gz",
    "deep-nesting.xml.gz",
    "attribute-flood.xml.gz",
    "many-lines-20000.xml.gz",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_file_ends_as_expected(shared, name):
    folder = shared("records/hostile")
    table = dict(
        line.split("\t") for line in (folder / "EXPECT.tsv").read_text("utf-8").splitlines()
    )
    expectation = table[name]
    content = (folder / name).read_bytes()
    content = gzip.decompress(content) if name.endswith(".gz") else content
    base = ubl.read((folder / "ok-base.xml").read_bytes(), "ok-base.xml", LIMITS)
    peak = 0
    if expectation.startswith(REFUSED):
        tracemalloc.start()
        _, rows = read_file(content, name, LIMITS, [])
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    else:
        _, rows = read_file(content, name, LIMITS, [])
    said = SAYS.get(name.partition(".")[0])
    assert said is None or any(said in fault.what for fault in rows.faults)
    if expectation.startswith(REFUSED):
        assert rows.tables == {}
        (fault,) = rows.faults
        assert fault.position is not None
        assert peak < 50_000_000
    elif expectation.startswith(FIELD):
        assert rows.tables["document"][0]["payable_minor"] is None
        assert any("PayableAmount" in fault.what for fault in rows.faults)
    elif name == "many-lines-20000.xml.gz":
        assert len(rows.tables["line"]) >= 20_000
    else:
        assert rows.tables["document"][0]["payable_minor"] == 80178
        assert told(rows) == told(base)


def test_every_xml_file_of_the_table_is_tried(shared):
    rows = (shared("records/hostile") / "EXPECT.tsv").read_text("utf-8").splitlines()[1:]
    assert sorted(n for n in (row.split("\t")[0] for row in rows) if ".xml" in n) == sorted(NAMES)
