"""A party's notice of set-off as a page of its own: figures, lines, cycles; nothing fetched."""

from __future__ import annotations

from html import escape

from tailrace.formats.ubl_attached import attached_notice
from tailrace.network.letters import Letter, Line, letter_rows
from tailrace.report.placed import amount

SENDER = "Clearing circle"
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;color:#16211f;background:#f6f7f5;margin:0}"
    "main{max-width:860px;margin:0 auto;padding:28px 20px;background:#fff}"
    "h1{font-size:22px;margin:0}h2{font-size:16px;margin:26px 0 6px}p{margin:4px 0;color:#5a6866}"
    "table{border-collapse:collapse;width:100%;font-size:14px}"
    "th,td{text-align:left;padding:5px 8px 5px 0;border-bottom:1px solid #dde3e0}"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    "td.off{color:#1f7fb8}li{margin:3px 0}@media print{body,main{background:#fff}}"
)


def notice_page(letter: Letter, *, sender: str = SENDER) -> str:
    """Return a letter as an HTML page, in the sender's name."""
    code = letter.currency
    figures = (
        ("you owed", letter.owed_minor, letter.set_off_minor),
        ("you were owed", letter.owing_minor, letter.set_off_owing_minor),
    )
    rows = "".join(_row(name, before, done, before - done, code) for name, before, done in figures)
    rows += (
        f"<tr><td>net position</td><td class=n>{amount(letter.net_minor, code)}</td><td></td>"
        f"<td class=n>{amount(letter.net_after_minor, code)}</td></tr>"
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Notice of set-off: {escape(letter.party)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>Notice of set-off</h1><p>From {escape(sender)}</p>"
        f"<p>To {escape(letter.party)}, {letter.on.isoformat()}, {escape(code)}</p>"
        f"<p>Clearing {escape(letter.clearing)}</p>"
        "<h2>In short</h2><table><tr><th></th><th class=n>before</th><th class=n>set off</th>"
        f"<th class=n>after</th></tr>{rows}</table>{_standing(letter)}"
        f"{_lines('What you owed', [x for x in letter.lines if x.side == 'owed'], code)}"
        f"{_lines('What you were owed', [x for x in letter.lines if x.side == 'owing'], code)}"
        f"{_ways(letter)}<p>No money moved. What is left is due as before.</p></main></body></html>\n"
    )


def _row(name: str, before: int, done: int, after: int, code: str) -> str:
    return (
        f"<tr><td>{name}</td><td class=n>{amount(before, code)}</td>"
        f"<td class='n off'>{amount(done, code)}</td><td class=n>{amount(after, code)}</td></tr>"
    )


def _standing(letter: Letter) -> str:
    """Return why the net position moved, if it did, or that it did not."""
    return f"<p>{escape(standing(letter))}.</p>"


def standing(letter: Letter) -> str:
    """Return in words what a clearing did to the party's net position, its credit line counted in."""
    code, moved = letter.currency, letter.circle_minor
    before, after = amount(letter.net_minor, code), amount(letter.net_after_minor, code)
    if not moved:
        return f"Your net position is {before} as before"
    if letter.joint:
        return (
            f"Your net position in {code} goes from {before} to {after}; over {letter.joint}, at their "
            "declared rates, it moves only by a line of credit"
        )
    way = "you owe the circle" if moved > 0 else "the circle owes you"
    line = f"by your credit line {way} {amount(abs(moved), code)}"
    return f"The net position of your debts goes from {before} to {after}; {line}: both together are {before} as before"


def _lines(title: str, lines: list[Line], code: str) -> str:
    if not lines:
        return ""
    rows = "".join(
        f"<tr><td>{escape(x.counterparty)}</td><td>{escape(x.reference)}</td>"
        f"<td class=n>{amount(x.before_minor, code)}</td>"
        f"<td class='n off'>{amount(x.set_off_minor, code)}</td>"
        f"<td class=n>{amount(x.left_minor, code)}</td></tr>"
        for x in lines
    )
    return (
        f"<h2>{title}</h2><table><tr><th>with</th><th>invoice</th><th class=n>before</th>"
        f"<th class=n>set off</th><th class=n>left</th></tr>{rows}</table>"
    )


def _ways(letter: Letter) -> str:
    if not letter.ways:
        return ""
    items = "".join(
        f"<li>{amount(way.amount_minor, letter.joint or letter.currency)}: "
        f"{' &rarr; '.join(escape(f) for f in [*way.firms, way.firms[0]])}</li>"
        for way in letter.ways
    )
    more = f"<p>and {letter.ways_more:,} smaller ones</p>" if letter.ways_more else ""
    return f"<h2>Through these cycles: each owes the next</h2><ul>{items}</ul>{more}"


def notice_document(letter: Letter, *, sender: str = SENDER, number: str = "") -> bytes:
    """Return a letter as UBL AttachedDocument; see `formats.ubl_attached`."""
    code = letter.currency
    owed, owing = (amount(n, code) for n in (letter.set_off_minor, letter.set_off_owing_minor))
    done = f"{owed} set off on each side"
    if letter.circle_minor:
        done = f"{owed} set off of what you owed, {owing} of what you were owed"
    return attached_notice(
        letter_rows(letter),
        number=number or f"{letter.clearing}-{letter.party_id}-{code}",
        on=letter.on,
        clearing=letter.clearing,
        sender=sender,
        receiver=(letter.party_id, letter.party),
        note=f"{done}. {standing(letter)}. No money moved",
    )
