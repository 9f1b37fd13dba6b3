"""Writing a document: its record spelled by the mapping that reads it, in the standard's order.

What a record does not say is left out, and so is an element that would hold nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tailrace.base.errors import BadTerms
from tailrace.formats.kinds import AMOUNT, KINDS, quoted, spelled_amount
from tailrace.formats.mapping import BOX, LEAF, MANY, ROW, Form, Node, Record

_PLAIN, _MONEY, _NAMED, _BOXED, _ROWS = range(5)
# What to do, column, "<name", "</name>", how to spell, and the node.
Step = tuple[int, str, str, str, Callable[[Any], str] | None, Node]


def written(form: Form, record: Record) -> bytes:
    """Return the document that says a record, in UTF-8.

    Raises `BadTerms` where the record lacks what must be said, or says what XML cannot carry.
    """
    names = "".join(
        f' xmlns{":" if prefix else ""}{prefix}="{uri}"' for prefix, uri in form.namespaces.items()
    )
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n<', form.name, names, ">"]
    _row(parts, form.root, record, form.currency)
    parts.append(f"</{form.name}>\n")
    return "".join(parts).encode()


def _steps(node: Node) -> tuple[Step, ...]:
    """Return what writing an element's content takes, worked out once for each mapping."""
    steps: list[Step] = []
    for name, child in node.order:
        opening, closing = f"<{name}", f"</{name}>"
        if child.op == LEAF and child.written:
            spell = KINDS[child.kind].spell if child.kind != AMOUNT else None
            if child.kind == AMOUNT:
                op = _MONEY
            elif child.how == MANY or child.attributes:
                op = _NAMED
            else:
                op, opening = _PLAIN, f"<{name}>"
            steps.append((op, child.column, opening, closing, spell, child))
        if child.op == BOX or (child.op == LEAF and child.covers and not child.written):
            steps.append((_BOXED, "", f"<{name}>", closing, None, child))
        elif child.op == ROW and child.written:
            steps.append((_ROWS, child.column, f"<{name}>", closing, None, child))
    return tuple(steps)


def _row(parts: list[str], node: Node, record: Record, currency: str) -> None:
    """Add the content of a row's element."""
    for column in node.required:
        if record.get(column) is None:
            mend = "give the row this column; the standard does not allow it to be left out"
            raise BadTerms(f"{node.table} without {column}", where=node.path, mend=mend)
    _inside(parts, node, record, currency)


def _inside(parts: list[str], node: Node, record: Record, currency: str) -> None:
    if node.steps is None:
        node.steps = _steps(node)
    get = record.get
    for op, column, opening, closing, spell, child in node.steps:
        if op == _BOXED:
            if not child.covers.isdisjoint(record):
                parts.append(opening)
                before = len(parts)
                _inside(parts, child, record, currency)
                if len(parts) == before:
                    parts.pop()
                else:
                    parts.append(closing)
            continue
        value = get(column)
        if value is None:
            continue
        if op == _PLAIN:
            parts.append(f"{opening}{spell(value)}{closing}")
        elif op == _MONEY:
            minor_units, code, _ = value
            amount = spelled_amount(minor_units, code)
            parts.append(f'{opening} {currency}="{code}">{amount}{closing}')
        elif op == _ROWS:
            for sub in value if isinstance(value, list) else [value]:
                parts.append(opening)
                _row(parts, child, sub, currency)
                parts.append(closing)
        else:
            said = _attributes(child, record)
            for one in value if isinstance(value, list) else [value]:
                parts.append(f"{opening}{said}>{spell(one)}{closing}")


def _attributes(node: Node, record: Record) -> str:
    said = ""
    for attribute, column, kept in node.attributes:
        value = record.get(column)
        if kept and value is not None:
            said += f' {attribute}="{quoted(value)}"'
    return said
