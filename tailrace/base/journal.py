"""The journal: pages in order, never altered, each a table of one kind, chained by digest.

A page is `(position, kind, rule, version, upto, key, prev, digest, body)`. `body` is an Arrow IPC
stream of one kind; `digest` covers every other field, `prev` and the body as stored; `upto` is the
position of the head its writer had read. The only write is `append(drafts, after=head)`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from tailrace.base.errors import BadTerms, Damaged, Moved

GENESIS = bytes(32)


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

    def same(self, page: Page) -> bool:
        """Whether a stored page of this key holds this very content."""
        mine = (self.kind, self.rule, self.version, self.body)
        return mine == (page.kind, page.rule, page.version, page.body)


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
        spelled = str(field).encode()
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
        digest = digest_of(bare)
        pages.append(
            Page(
                position=position,
                kind=draft.kind,
                rule=draft.rule,
                version=draft.version,
                upto=draft.upto,
                key=draft.key,
                prev=head.digest,
                digest=digest,
                body=draft.body,
            )
        )
        head = Head(position, digest)
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
    content, and `Moved` where something is left to write and `after` is no longer the head.
    """
    fresh: list[Draft] = []
    asked: dict[str, Draft] = {}
    for draft in drafts:
        page = find(draft.key)
        twin = asked.get(draft.key)
        if (page and not draft.same(page)) or (twin and twin != draft):
            mend = "a page is never altered; append the correction under a key of its own"
            raise BadTerms(f"page {draft.key!r} exists with other content", where=where, mend=mend)
        if page is None and twin is None:
            fresh.append(draft)
        asked[draft.key] = draft
    if fresh and after != head:
        what = f"the book is at page {head.position}, not {after.position}"
        raise Moved(what, where=where, mend="read again, step again, append again")
    return chained(fresh, head)


def checked(pages: Iterable[Page], head: Head, *, where: str) -> Head:
    """Follow the chain from `head` over the pages; return the new head.

    Raises `Damaged` that names the first page which is missing, out of order or altered.
    """
    mend = f"restore the book from a copy; pages up to {{}} are whole ({where})"
    for page in pages:
        good = mend.format(head.position)
        if page.position != head.position + 1:
            what = f"page {head.position + 1} is missing: page {page.position} follows"
            raise Damaged(what, where=f"{where}, page {head.position + 1}", mend=good)
        if page.prev != head.digest:
            what = f"page {page.position} does not follow page {head.position}: prev differs"
            raise Damaged(what, where=f"{where}, page {page.position}", mend=good)
        if not page.whole():
            what = f"page {page.position} ({page.kind}, key {page.key!r}) was altered"
            raise Damaged(what, where=f"{where}, page {page.position}", mend=good)
        head = Head(page.position, page.digest)
    return head
