"""The walk over XML that may be hostile. Each attack is made here, small, by hand."""

from __future__ import annotations

import time

import msgspec
import pytest
from intake_world import LIMITS
from xml_world import UBL, invoice, told

from tailrace.base.errors import BadTerms
from tailrace.base.ids import source_id
from tailrace.formats import ubl, unread
from tailrace.formats.mapping import compiled, read_table
from tailrace.formats.trouble import FAULTS_MAX
from tailrace.formats.writing import written
from tailrace.formats.xml_root import root_of


def payable(content: bytes) -> int | None:
    rows = ubl.read(content, "r.xml", LIMITS)
    return rows.tables["document"][0]["payable_minor"]


def whats(content: bytes, limits=LIMITS) -> list[str]:
    return [fault.what for fault in ubl.read(content, "r.xml", limits).faults]


@pytest.mark.parametrize(
    "spelled",
    [
        "801.78",
        "8<!-- nothing -->01.78",
        "<![CDATA[801.78]]>",
        "801<![CDATA[.78]]>",
        "8<?note this?>01.78",
        " \n 801.78\t",
        "+801.78",
        "&#56;01.78",
        "00801.780",
    ],
)
def test_an_amount_is_all_the_text_of_its_element(spelled):
    assert payable(invoice(spelled)) == 80178


@pytest.mark.parametrize(
    "spelled",
    [
        "8.0178E2",
        "8,017.80",
        "NaN",
        "INF",
        "",
        "٨٠١",
        "8 01.78",
        "801.785",
        "9" * 30 + ".00",
        "0x10",
    ],
)
def test_what_is_no_exact_decimal_leaves_its_column_empty_and_a_fault_that_names_it(spelled):
    rows = ubl.read(invoice(spelled), "r.xml", LIMITS)
    assert rows.tables["document"][0]["payable_minor"] is None
    (fault,) = rows.faults
    assert fault.what.startswith("PayableAmount: ")
    assert invoice(spelled)[fault.position :].startswith(b"<cbc:PayableAmount")
    assert "/Invoice/cac:LegalMonetaryTotal/cbc:PayableAmount" in fault.where


def test_zeros_beyond_the_cent_keep_their_value_and_are_reported():
    assert payable(invoice("801.780000")) == 80178
    assert whats(invoice("801.780000")) == [
        "BR-DEC-18: PayableAmount has more decimals than NOK allows; its value is taken"
    ]


def test_an_element_inside_a_value_is_a_fault_and_the_value_is_not_taken():
    content = invoice("8<cbc:Note>01</cbc:Note>.78")
    assert payable(content) is None
    assert whats(content) == ["PayableAmount holds an element where a value belongs"]


def test_a_value_said_twice_is_not_taken_at_all():
    twice = '1.00</cbc:PayableAmount><cbc:PayableAmount currencyID="NOK">801.78'
    assert payable(invoice(twice)) is None
    assert whats(invoice(twice)) == ["PayableAmount is said twice where once is allowed"]


def test_a_number_said_twice_refuses_the_document():
    content = invoice().replace(
        b"<cbc:ID>R-1</cbc:ID>", b"<cbc:ID>R-1</cbc:ID><cbc:ID>R-2</cbc:ID>"
    )
    rows = ubl.read(content, "r.xml", LIMITS)
    assert rows.tables == {}
    assert "Invoice does not say its number, or says it wrongly" in whats(content)


@pytest.mark.parametrize(
    "line", [b"<cbc:ID>1</cbc:ID>", b"<cbc:IssueDate>2026-03-12</cbc:IssueDate>"]
)
def test_a_document_without_what_must_be_said_gives_no_row(line):
    rows = ubl.read(invoice().replace(line, b""), "r.xml", LIMITS)
    assert rows.tables == {}
    assert any("does not say its" in fault.what for fault in rows.faults)


DOCTYPES = [
    '<!DOCTYPE Invoice [<!ENTITY s SYSTEM "file:///etc/hostname">]>',
    '<!DOCTYPE Invoice SYSTEM "http://127.0.0.1:9/x.dtd">',
    '<!DOCTYPE Invoice [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]>',
    "<!DOCTYPE Invoice>",
    '<!DOCTYPE Invoice [<!ENTITY a "ha"><!ENTITY b "' + "&a;" * 1000 + '">]>',
]


@pytest.mark.parametrize("doctype", DOCTYPES)
def test_any_doctype_refuses_the_file_at_once(doctype):
    content = invoice("&b;", prolog=f'<?xml version="1.0"?>\n{doctype}\n')
    began = time.perf_counter()
    rows = ubl.read(content, "r.xml", LIMITS)
    assert time.perf_counter() - began < 0.05
    assert rows.tables == {}
    assert [fault.what for fault in rows.faults] == ["the file has a DOCTYPE"]
    assert rows.faults[0].position == len('<?xml version="1.0"?>\n')


def test_an_entity_nobody_declared_refuses_the_file():
    assert ubl.read(invoice("&undeclared;"), "r.xml", LIMITS).tables == {}


@pytest.mark.parametrize(
    ("encoding", "label"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("iso-8859-1", "ISO-8859-1"),
    ],
)
def test_the_declared_encoding_decides_and_the_record_is_the_same(encoding, label):
    prolog = f'<?xml version="1.0" encoding="{label}"?>\n'
    content = invoice(prolog=prolog).decode().encode(encoding)
    rows = ubl.read(content, "r.xml", LIMITS)
    assert told(rows) == told(ubl.read(invoice(), "r.xml", LIMITS))
    assert rows.tables["party"][0]["name"] == "Ærlig Kjede"


def test_a_position_is_a_byte_of_the_file_as_it_came_in_utf_16_too():
    text = invoice(prolog='<?xml version="1.0" encoding="UTF-16"?>\n').decode()
    content = text.encode("utf-16")
    rows = ubl.read(content, "r.xml", LIMITS)
    at = rows.tables["line"][0]["position"]
    assert content[at:].decode("utf-16-le").startswith("<cac:InvoiceLine>")
    plain = ubl.read(text.replace("UTF-16", "UTF-8").encode(), "r.xml", LIMITS)
    here = plain.tables["line"][0]["position"]
    assert text.replace("UTF-16", "UTF-8").encode()[here:].startswith(b"<cac:InvoiceLine>")


BROKEN = {
    "latin-1 in UTF-8": invoice().decode().encode("iso-8859-1"),
    "overlong UTF-8": invoice().replace(b"R-1", b"R\xc0\xad1"),
    "NUL": invoice().replace(b"R-1", b"R\x00-1"),
    "cut off": invoice()[: len(invoice()) // 2],
    "two roots": invoice() + invoice(prolog=""),
    "empty": b"",
    "attribute twice": invoice().replace(
        b'currencyID="NOK"', b'currencyID="A" currencyID="NOK"', 1
    ),
    "undeclared prefix": invoice().replace(b"xmlns:cbc", b"xmlns:cbx"),
    "unknown encoding": invoice(prolog='<?xml version="1.0" encoding="utf-7"?>\n'),
    "label and bytes differ": invoice(prolog='<?xml version="1.0" encoding="utf-16"?>\n'),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_gives_one_fault_with_a_place_and_no_row(content):
    rows = ubl.read(content, "broken.xml", LIMITS)
    assert rows.tables == {}
    (fault,) = rows.faults
    assert fault.source_id == source_id(content)
    assert 0 <= fault.position <= len(content)
    assert fault.where.startswith(f"broken.xml, byte {fault.position}")
    assert fault.mend


def test_a_cut_file_is_refused_at_the_byte_where_it_ends_badly():
    content = invoice()[:-12]
    (fault,) = ubl.read(content, "cut.xml", LIMITS).faults
    assert "not well-formed" in fault.what
    assert fault.position >= len(content) - 12


def test_prefixes_carry_no_meaning_but_namespaces_do():
    other = invoice().replace(b"cbc:", b"q:").replace(b":cbc=", b":q=").replace(b"cac:", b"a1:")
    other = other.replace(b":cac=", b":a1=")
    assert told(ubl.read(other, "r.xml", LIMITS)) == told(ubl.read(invoice(), "r.xml", LIMITS))
    foreign = invoice().replace(f"{UBL}CommonBasic".encode(), b"urn:else:CommonBasic")
    assert ubl.read(foreign, "r.xml", LIMITS).tables == {}


def test_a_foreign_element_is_reported_and_never_followed():
    include = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/hostname"/>'
    rows = ubl.read(invoice(more=include), "r.xml", LIMITS)
    assert rows.documents == 1
    (fault,) = rows.faults
    assert fault.what == "unknown element 'include' of http://www.w3.org/2001/XInclude"


def test_extensions_may_hold_anything():
    content = invoice().replace(
        b"<cbc:ID>R-1",
        b"<ext:UBLExtensions><a xmlns='urn:x'><cbc:ID>no</cbc:ID></a></ext:UBLExtensions><cbc:ID>R-1",
    )
    rows = ubl.read(content, "r.xml", LIMITS)
    assert (rows.documents, rows.faults) == (1, [])
    assert rows.tables["document"][0]["number"] == "R-1"


def limited(**limits: int):
    return msgspec.structs.replace(LIMITS, **limits)


def test_a_file_may_not_be_larger_than_the_limit():
    size = len(invoice())
    assert whats(invoice(), limited(bytes_max=size)) == []
    assert whats(invoice(), limited(bytes_max=size - 1)) == [f"{size} bytes are too many"]


def test_elements_may_not_be_nested_deeper_than_the_limit():
    assert whats(invoice(), limited(depth_max=5)) == []
    assert whats(invoice(), limited(depth_max=4)) == ["elements are nested too deep"]
    deep = invoice(more="<cac:Signature>" * 200 + "</cac:Signature>" * 200)
    assert whats(deep) == ["elements are nested too deep"]


def test_an_element_may_not_have_more_attributes_than_the_limit():
    many = " ".join(f'a{n}="1"' for n in range(20))
    content = invoice(more=f"<cac:Signature {many}/>")
    assert whats(content, limited(attributes_max=20)) == []
    assert whats(content, limited(attributes_max=19)) == ["an element has too many attributes"]
    declared = " ".join(f'xmlns:a{n}="urn:{n}"' for n in range(20))
    content = invoice(more=f"<cac:Signature {declared}/>")
    assert whats(content, limited(attributes_max=19)) == ["an element has too many attributes"]


@pytest.mark.parametrize(
    "around",
    [
        "<cac:Signature><cbc:ID>{}</cbc:ID></cac:Signature>",
        "<cac:PaymentTerms><cbc:Note>{}</cbc:Note></cac:PaymentTerms>",
    ],
)
def test_the_text_of_an_element_may_not_be_longer_than_the_limit(around):
    content = invoice(more=around.format("y" * 3000))
    assert whats(content, limited(text_max=3000)) == []
    assert whats(content, limited(text_max=2999)) == ["the text of an element is too long"]


def test_an_attachment_is_passed_over_whatever_its_size():
    attachment = (
        "<cac:AdditionalDocumentReference><cbc:ID>7</cbc:ID><cac:Attachment>"
        "<cbc:EmbeddedDocumentBinaryObject>{}</cbc:EmbeddedDocumentBinaryObject>"
        "</cac:Attachment></cac:AdditionalDocumentReference>"
    )
    assert whats(invoice(more=attachment.format("y" * 3000)), limited(text_max=200)) == []


def test_a_large_file_is_read_in_the_time_its_size_asks_for():
    def of(lines: int) -> float:
        body = "".join(
            f"<cac:InvoiceLine><cbc:ID>{n}</cbc:ID><cbc:LineExtensionAmount currencyID='NOK'>1.00"
            f"</cbc:LineExtensionAmount></cac:InvoiceLine>"
            for n in range(lines)
        )
        content = invoice(more=body)
        times = []
        for _ in range(3):
            began = time.process_time()
            rows = ubl.read(content, "r.xml", LIMITS)
            times.append(time.process_time() - began)
            assert len(rows.tables["line"]) == lines + 1
        return min(times)

    assert of(8000) < 14 * of(1000)  # eight times the lines; a quadratic reader takes 64 times


def test_the_faults_of_one_file_are_bounded_and_the_rest_is_counted():
    bad = "<cac:AllowanceCharge><cbc:Amount>x</cbc:Amount></cac:AllowanceCharge>" * 500
    faults = ubl.read(invoice(more=bad), "r.xml", LIMITS).faults
    assert len(faults) == FAULTS_MAX + 1
    assert faults[-1].what.endswith("more faults in this file")


def test_the_root_is_found_behind_comments_and_in_any_encoding():
    assert root_of(invoice()[:500]) == (f"{UBL}Invoice-2", "Invoice")
    commented = b"<?xml version='1.0'?><!-- " + b"x" * 500 + b" -->" + invoice(prolog="")
    assert ubl.sniff(commented[:4096], "a.xml")
    assert ubl.sniff(invoice(prolog="").decode().encode("utf-16")[:4096], "a.xml")
    assert not ubl.sniff(b"order,line\n1,2\n", "a.csv")
    assert root_of(b"<!DOCTYPE x:Invoice []>") == ("", "Invoice")


@pytest.mark.parametrize(
    ("head", "called"),
    [
        (f'<Statement xmlns="{UBL}Statement-2"/>'.encode(), "UBL Statement"),
        (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"/>', "ISO 20022 camt.054.001.08"),
        (b'<r:CrossIndustryInvoice xmlns:r="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"/>', "UN/CEFACT CII CrossIndustryInvoice"),
        (b"UNB+UNOC:3+A+B+260312:1200+1'", "UN/EDIFACT"),
        (b"ISA*00*          *00*", "ANSI X12"),
        (b":20:STARTUMS\r\n:25:1/2\r\n", "SWIFT MT940"),
        (b"01,122099999,123456789,040621,0200,1,65,,2/", "BAI2"),
        (b"%PDF-1.7", "PDF"),
        (b"<greeting/>", "XML greeting"),
    ],
)  # fmt: skip
def test_what_is_not_read_yet_is_called_by_its_name(head, called):
    assert unread.sniff(head, "x")
    (fault,) = unread.read(head, "x", LIMITS).faults
    assert fault.what == f"{called} is not read yet"


def test_unknown_xml_is_still_held_to_the_limits():
    deep = b"<a>" * 200 + b"</a>" * 200
    assert [f.what for f in unread.read(deep, "a.xml", LIMITS).faults] == [
        "elements are nested too deep"
    ]
    wide = b"<a " + b" ".join(b'a%d="1"' % n for n in range(LIMITS.attributes_max + 1)) + b"/>"
    assert [f.what for f in unread.read(wide, "a.xml", LIMITS).faults] == [
        "an element has too many attributes"
    ]
    assert unread.name_of(b"hello", "a.txt") is None


MAPPING = read_table("""
Head/No          document  number  text  1
Head/No/@form    document  form    text  0..1
Tag              document  tags    text  0..n
Part             line      parts   row   0..n
Part/No          line      no      text  1
Part/Part        line      parts   again 0..n
Old              document  number  text  read
""")


def test_one_mapping_reads_and_writes_and_leaves_out_what_is_not_said():
    form = compiled(MAPPING, root="R", namespaces={"": "urn:r"}, currency="c")
    record = {"number": "7", "form": 'a"b', "parts": [{"no": "1", "parts": [{"no": "1.1"}]}]}
    assert written(form, record).decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<R xmlns="urn:r"><Head><No form="a&quot;b">7</No>'
        "</Head><Part><No>1</No><Part><No>1.1</No></Part></Part></R>\n"
    )


def test_writing_refuses_what_must_be_said_and_what_xml_cannot_carry():
    form = compiled(MAPPING, root="R", namespaces={"": "urn:r"}, currency="c")
    with pytest.raises(BadTerms, match="document without number"):
        written(form, {"tags": ["a"]})
    with pytest.raises(BadTerms, match="cannot be said in XML"):
        written(form, {"number": "7\x00"})
    assert b"<Tag>a&lt;b</Tag><Tag>&amp;</Tag>" in written(
        form, {"number": "7", "tags": ["a<b", "&"]}
    )


def test_a_mapping_that_cannot_mean_anything_is_a_mistake_of_its_writer():
    for line, why in (("A t c nonsense 0..1", "no kind"), ("A t c text 2..3", "no cardinality")):
        with pytest.raises(BadTerms, match=why):
            compiled(read_table(line), root="R", namespaces={"": ""}, currency="c")
