"""The journal: pages in order, never altered, each a table of one kind, chained by digest.

A page is `(position, kind, rule, version, upto, key, prev, digest, body)`. `body` is an Arrow IPC
stream of one kind; `digest` covers every other field, `prev` and the body as stored; `upto` is the
position of the head its writer had read. The only write is `append(drafts, after=head)`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from tailrace.base.errors import BadTerms, Damaged, Moved

GENESIS = bytes(32)
BODY_MAX = 900_000_000  # bytes; SQLite holds rows below 10^9, and a book may move between stores


class Head(Struct, frozen=True):
    """The last page of a book: its position (0 for an empty book) and digest."""

    position: int = 0
    digest: bytes = GENESIS


class Draft(Struct, frozen=True, kw_only=True):
    """A page not yet in a book.

    `key` names it once and for all in this book; `rule` and `version` name the reader or step that
    wrote it; `upto` is the position of the head it rested on.
    """

    kind: str
    rule: str
    version: int
    upto: int
    key: str
    body: bytes

    def same(self, other: Page | Draft) -> bool:
        """Whether a page or draft of this key holds this very content, wherever it rested."""
        mine = (self.kind, self.rule, self.version, self.body)
        return mine == (other.kind, other.rule, other.version, other.body)


class Page(Struct, frozen=True, kw_only=True):
    """A page of a book."""

    position: int
    kind: str
    rule: str
    version: int
    upto: int
    key: str
    prev: bytes
    digest: bytes
    body: bytes

    def whole(self) -> bool:
        """Whether the digest is that of the fields as they stand."""
        return self.digest == digest_of(self)


def digest_of(page: Page) -> bytes:
    """Return the SHA-256 of a page: prev, then each field behind its length, then the body."""
    seen = hashlib.sha256(page.prev)
    for field in (page.position, page.kind, page.rule, page.version, page.upto, page.key):
        spelled = str(field).encode("utf-8", "surrogateescape")  # damaged text keeps its bytes
        seen.update(len(spelled).to_bytes(4, "big"))
        seen.update(spelled)
    seen.update(page.body)
    return seen.digest()


def chained(drafts: Iterable[Draft], head: Head) -> list[Page]:
    """Return the drafts as pages that follow the head."""
    pages = []
    for draft in drafts:
        position = head.position + 1
        bare = Page(
            position=position,
            kind=draft.kind,
            rule=draft.rule,
            version=draft.version,
            upto=draft.upto,
            key=draft.key,
            prev=head.digest,
            digest=b"",
            body=draft.body,
        )
        page = replace(bare, digest=digest_of(bare))
        pages.append(page)
        head = Head(position, page.digest)
    return pages


def admit(
    drafts: Sequence[Draft],
    *,
    after: Head,
    head: Head,
    find: Callable[[str], Page | None],
    where: str,
) -> list[Page]:
    """Decide an append, the same for every store: return the pages to write, perhaps none.

    A draft whose key is in the book with the same content is already there and is left out, so a
    caller who lost the answer may ask again. Raises `BadTerms` where a key comes back with other
    content or a page cannot be kept, and `Moved` where something is left to write and `after` is
    no longer the head.
    """
    fresh: list[Draft] = []
    asked: dict[str, Draft] = {}
    for draft in drafts:
        _keepable(draft, where)
        page = find(draft.key)
        twin = asked.get(draft.key)
        if (page and not draft.same(page)) or (twin and not draft.same(twin)):
            mend = "a page is never altered; append the correction under a key of its own"
            raise BadTerms(f"page {draft.key!r} exists with other content", where=where, mend=mend)
        if page is None and twin is None:
            fresh.append(draft)
        asked[draft.key] = draft
    if fresh and after != head:
        what = f"the book is at page {head.position}, not {after.position}"
        raise Moved(what, where=where, mend="read again, step again, append again")
    return chained(fresh, head)


def _keepable(draft: Draft, where: str) -> None:
    """Raise `BadTerms` for a page that some store could not keep as it is."""
    if len(draft.body) > BODY_MAX:
        mend = f"a page holds at most {BODY_MAX:,} bytes; cut the table into several pages"
        what = f"page {draft.key!r} has {len(draft.body):,} bytes"
        raise BadTerms(what, where=where, mend=mend)
    for text in (draft.kind, draft.rule, draft.key):
        if not text or not text.isprintable():
            mend = "kind, rule and key are text without control characters, and not empty"
            raise BadTerms(f"{text!r} cannot name a page", where=where, mend=mend)


def checked(pages: Iterable[Page], head: Head, *, where: str) -> Head:
    """Follow the chain from `head` over the pages; return the new head.

    Raises `Damaged` that names the first page which is missing, out of order or altered.
    """
    for page in pages:
        awaited = head.position + 1
        wrong = None
        if page.position != awaited:
            wrong = f"page {awaited} is missing: page {page.position} follows"
        elif page.prev != head.digest:
            wrong = f"page {awaited} does not follow page {head.position}: prev differs"
        elif not page.whole():
            wrong = f"page {awaited} ({page.kind}, key {page.key!r}) was altered"
        if wrong:
            raise broken(wrong, awaited, where=where)
        head = Head(page.position, page.digest)
    return head


def broken(what: str, page: int, *, where: str) -> Damaged:
    """Return the error that names the first page of a book that is wrong."""
    mend = f"restore the book from a copy; pages up to {page - 1} are whole"
    return Damaged(what, where=f"{where}, page {page}", mend=mend, page=page)
