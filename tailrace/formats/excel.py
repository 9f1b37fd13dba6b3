"""Excel workbooks (.xlsx), one sheet under a declared mapping: values only, no formulas are run.

A number in a cell is read to fifteen digits, as Excel keeps and shows it; a day is a day whatever
the mapping's date form. Source: ECMA-376 part 1, SpreadsheetML.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from msgspec.structs import replace

from tailrace.base.errors import Fault
from tailrace.base.ids import source_id
from tailrace.formats.rows import Rows
from tailrace.formats.table_mapping import FileMap, fitting
from tailrace.formats.table_skeleton import without_mapping
from tailrace.formats.tabular import Reader, wrong_header
from tailrace.records.rules import RecordRules

NAME = "excel"
MAPPED = True  # read() takes the declared mappings
_ERRORS = frozenset(("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"))
_ZIP = b"PK\x03\x04"


def sniff(head: bytes, name: str) -> bool:
    """Whether this is a workbook: a ZIP by its first bytes, named .xlsx or .xlsm."""
    return head.startswith(_ZIP) and name.lower().removesuffix(".gz").endswith((".xlsx", ".xlsm"))


def read(content: bytes, name: str, limits: RecordRules, mappings: Sequence[FileMap] = ()) -> Rows:
    """Return the record rows of the mapped sheet, with a Fault for each row that is wrong.

    A workbook that is damaged, expands too far, declares entities or lacks the sheet is one Fault.
    """
    digest = source_id(content)
    mapping = fitting(mappings, name)
    try:
        if refused := _refused(content, name, limits, digest):
            return Rows.of_fault(refused)
        return _sheet(content, name, mapping, digest)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError, SyntaxError) as why:
        what = f"the workbook cannot be read: {why}"
        mend = "open it in a spreadsheet program and save it again as .xlsx"
        return Rows.of_fault(Fault(what=what, where=name, mend=mend, source_id=digest))


def _sheet(content: bytes, name: str, mapping: FileMap | None, digest: str) -> Rows:
    import openpyxl  # a tenth of a second to import: only where a workbook comes

    book = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=True)
    try:
        wanted = mapping.sheet if mapping and mapping.sheet else book.sheetnames[0]
        if wanted not in book.sheetnames:
            mend = f"declare one of its sheets: {', '.join(book.sheetnames)}"
            what = f"the workbook has no sheet {wanted!r}"
            return Rows.of_fault(Fault(what=what, where=name, mend=mend, source_id=digest))
        sheet = book[wanted]
        sheet.reset_dimensions()  # what the file claims of its size is not to be trusted
        rows = sheet.iter_rows(values_only=True)
        header = [str(cell).strip() if cell is not None else "" for cell in next(rows, ())]
        while header and not header[-1]:
            header.pop()
        if mapping is None:
            fault = without_mapping([header], name, {})
            return Rows.of_fault(replace(fault, source_id=digest))
        if wrong := wrong_header(mapping, header, name):
            return Rows.of_fault(replace(wrong, source_id=digest))
        numbered = _numbered(rows, len(header), f"{name}, sheet {wanted}", digest)
        return Reader(mapping, header, f"{name}, sheet {wanted}", digest).read(numbered)
    finally:
        book.close()


def _numbered(
    rows: Iterator[tuple[Any, ...]], width: int, name: str, digest: str
) -> Iterator[tuple[int, list[Any]] | Fault]:
    """Yield each row with its number in the sheet; cells a sheet leaves out are blank."""
    for number, row in enumerate(rows, start=2):
        cells = ["" if cell is None else cell for cell in row]
        cells += [""] * (width - len(cells))
        if bad := [c for c in cells if isinstance(c, str) and c in _ERRORS]:
            what = f"the row holds {bad[0]}"
            mend = "mend the formula in the sheet and save it again"
            where = f"{name}, row {number}"
            yield Fault(what=what, where=where, mend=mend, source_id=digest, position=number)
        else:
            yield number, cells


def _refused(content: bytes, name: str, limits: RecordRules, digest: str) -> Fault | None:
    """Return a Fault where the workbook expands too far or declares a DOCTYPE."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        whole = sum(info.file_size for info in archive.infolist())
        most = min(
            limits.bytes_max, max(limits.bytes_max // 4, len(content) * limits.expansion_max)
        )
        if whole > most:
            what = f"the workbook expands to {whole:,} bytes; the limit is {most:,}"
            mend = "split it, or raise expansion_max under [records]"
            return Fault(what=what, where=name, mend=mend, source_id=digest)
        for info in archive.infolist():
            with archive.open(info) as part:
                if b"<!DOCTYPE" in part.read(4096):
                    what = f"{info.filename} declares a DOCTYPE, which is refused"
                    mend = "open it in a spreadsheet program and save it again as .xlsx"
                    return Fault(what=what, where=name, mend=mend, source_id=digest)
    return None
