from __future__ import annotations

import gzip
import os
import pickle
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from tailrace.base.errors import Fault, NotFound
from tailrace.base.ports import Item
from tailrace.gates import open_gate

SKIP = ("out", "truth", "tailrace.toml")
LIMITS = {"skip": SKIP, "bytes_max": 4_000_000, "expansion_max": 100}


def entries(path, **limits):
    return list(open_gate(path, **{**LIMITS, **limits}).items())


def loaded(path, **limits):
    """Name -> bytes, or the words of the fault."""
    found = {}
    for entry in entries(path, **limits):
        got = entry.load() if isinstance(entry, Item) else entry
        name = entry.name if isinstance(entry, Item) else entry.where
        found[name] = got.what if isinstance(got, Fault) else got
    return found


def zipped(members, *, method=zipfile.ZIP_DEFLATED) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def stdin(content: bytes):
    return loaded("-", stdin=BytesIO(content))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("b.xml", "a/2.xml", "a/1.xml", "a.zz", "out/x.xml", "a/out/y.xml", ".hidden"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/config").write_text("x")
    (tmp_path / "tailrace.toml").write_text("")
    return tmp_path


def test_a_folder_is_read_in_name_order_without_hidden_and_skipped_names(tree):
    assert list(loaded(tree)) == ["a.zz", "a/1.xml", "a/2.xml", "a/out/y.xml", "b.xml"]


def test_an_item_is_read_only_when_asked_and_travels_to_another_process(tree):
    item = pickle.loads(pickle.dumps(entries(tree)[0]))
    (tree / "a.zz").write_text("changed since")
    assert item.load() == b"changed since"
    with item.open() as file:
        assert file.read(7) == b"changed"


def test_the_name_order_holds_across_the_members_of_a_zip(tree):
    (tree / "a.zip").write_bytes(zipped([("z.xml", "z"), ("k.xml", "k")]))
    (tree / "a.zip-notes.txt").write_text("n")
    names = list(loaded(tree))
    assert names == sorted(names)
    assert "a.zip/k.xml" in names


def test_a_link_out_of_the_folder_is_a_fault_and_its_neighbours_stay(tree, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "secret.xml"
    outside.write_text("secret")
    (tree / "b-link.xml").symlink_to(outside)
    (tree / "c-folder").symlink_to(outside.parent)
    found = loaded(tree)
    assert found["b-link.xml"] == "a link that leads out of the folder"
    assert found["c-folder"] == "a link that leads out of the folder"
    assert found["b.xml"] == b"b.xml"


def test_a_link_to_a_file_inside_is_that_file_under_a_second_name(tree):
    (tree / "again.xml").symlink_to(tree / "b.xml")
    assert loaded(tree)["again.xml"] == b"b.xml"


def test_a_link_to_a_folder_inside_is_not_walked_twice(tree):
    (tree / "loop").symlink_to(tree)
    assert list(loaded(tree)) == ["a.zz", "a/1.xml", "a/2.xml", "a/out/y.xml", "b.xml"]


def test_a_broken_link_and_a_pipe_are_faults(tree):
    (tree / "gone.xml").symlink_to(tree / "nowhere.xml")
    os.mkfifo(tree / "pipe.xml")
    found = loaded(tree)
    assert "cannot be read" in found["gone.xml"]
    assert found["pipe.xml"] == "neither a file nor a folder"


def test_a_file_that_vanished_is_a_fault_that_names_it(tree):
    items = entries(tree)
    (tree / "b.xml").unlink()
    fault = items[-1].load()
    assert isinstance(fault, Fault)
    assert fault.where == "b.xml"
    assert "No such file" in fault.what


def test_a_file_beyond_bytes_max_is_a_fault_with_its_size(tree):
    (tree / "big.xml").write_bytes(b"x" * 2001)
    assert loaded(tree, bytes_max=2000)["big.xml"] == (
        "the file holds 2,001 bytes; the limit is 2,000"
    )


def test_gzip_is_unpacked_with_all_its_members(tree):
    (tree / "m.xml.gz").write_bytes(gzip.compress(b"one ") + gzip.compress(b"two"))
    assert loaded(tree)["m.xml.gz"] == b"one two"


def test_gzip_that_expands_too_far_is_refused_before_it_is_unpacked(tree):
    (tree / "bomb.gz").write_bytes(gzip.compress(bytes(3_000_000)))
    assert "expand to more than the 1,000,000 allowed" in loaded(tree)["bomb.gz"]


def test_small_gzip_may_expand_as_it_likes(tree):
    (tree / "thin.gz").write_bytes(gzip.compress(bytes(900_000)))
    assert loaded(tree)["thin.gz"] == bytes(900_000)


@pytest.mark.parametrize("cut", [5, 20, -4])
def test_damaged_gzip_is_a_fault(tree, cut):
    (tree / "cut.gz").write_bytes(gzip.compress(b"some words to pack")[:cut])
    assert "cannot be unpacked" in loaded(tree)["cut.gz"]


def test_a_zip_file_by_itself_gives_its_members_by_their_paths(tmp_path):
    path = tmp_path / "all.zip"
    members = [("b.xml", "b"), ("a/1.xml", "1"), ("__MACOSX/b.xml", "?"), ("truth/t.csv", "t")]
    path.write_bytes(zipped([*members, (".DS_Store", "?")]))
    assert loaded(path) == {"a/1.xml": b"1", "b.xml": b"b"}


@pytest.mark.parametrize(
    ("member", "why"),
    [
        ("../../evil.xml", "climbs out"),
        ("a/../../evil.xml", "climbs out"),
        ("/etc/evil.xml", "absolute"),
        ("C:evil.xml", "absolute"),
        ("a\\..\\..\\evil.xml", "climbs out"),
    ],
)
def test_a_member_path_that_leaves_the_archive_is_refused(tmp_path, member, why):
    path = tmp_path / "slip.zip"
    path.write_bytes(zipped([(member, "evil"), ("good.xml", "good")]))
    found = loaded(path)
    assert found.pop("good.xml") == b"good"
    assert all("member path refused" in w and why in w for w in found.values())
    assert len(found) == 1


def test_a_zip_inside_a_zip_is_refused_whatever_its_name(tmp_path):
    inner = zipped([("x.xml", "x")])
    path = tmp_path / "outer.zip"
    path.write_bytes(zipped([("inner.zip", inner), ("odd.xml", inner), ("w.xlsx", inner)]))
    found = loaded(path)
    assert found["inner.zip"] == found["odd.xml"] == "a ZIP inside a ZIP is not opened"
    assert found["w.xlsx"] == inner  # a workbook is a ZIP in form only


def test_a_zip_member_that_expands_too_far_is_refused_alone(tmp_path):
    path = tmp_path / "bomb.zip"
    path.write_bytes(zipped([("bomb.xml", bytes(3_000_000)), ("good.xml", "good")]))
    found = loaded(path)
    assert "expand to more than" in found["bomb.xml"]
    assert found["good.xml"] == b"good"


def test_a_zip_that_expands_too_far_as_a_whole_is_refused(tmp_path):
    path = tmp_path / "many.zip"
    path.write_bytes(zipped([(f"{i}.xml", bytes(900_000)) for i in range(9)]))
    assert ["expand to more than" in what for what in loaded(path).values()] == [True]


def test_a_damaged_zip_is_one_fault(tmp_path):
    path = tmp_path / "bad.zip"
    path.write_bytes(b"PK\x03\x04 no archive at all")
    assert "cannot be unpacked" in loaded(path)["bad.zip"]


def test_a_member_with_a_wrong_checksum_is_a_fault_and_the_next_is_read(tmp_path):
    path = tmp_path / "crc.zip"
    content = zipped([("a.xml", "aaaaaaaa"), ("b.xml", "b")], method=zipfile.ZIP_STORED)
    path.write_bytes(content.replace(b"aaaaaaaa", b"aaaaaaab"))
    found = loaded(path)
    assert "cannot be unpacked" in found["a.xml"]
    assert found["b.xml"] == b"b"


def test_standard_input_is_one_file(tmp_path):
    assert stdin(b"<Invoice/>") == {"-": b"<Invoice/>"}
    assert stdin(gzip.compress(b"<Invoice/>")) == {"-": b"<Invoice/>"}


def test_standard_input_may_be_a_zip_or_a_workbook():
    assert stdin(zipped([("b.xml", "b"), ("a.xml", "a")])) == {"a.xml": b"a", "b.xml": b"b"}
    book = zipped([("[Content_Types].xml", "<Types/>")])
    assert stdin(book) == {"-.xlsx": book}


def test_standard_input_keeps_the_limits():
    assert "the limit is 2,000" in loaded("-", stdin=BytesIO(b"x" * 3000), bytes_max=2000)["-"]
    assert "climbs out" in stdin(zipped([("../evil.xml", "e")]))["../evil.xml"]
    assert "cannot be unpacked" in stdin(b"PK\x03\x04 cut")["-"]


def test_a_single_file_is_a_gate_too(tree):
    assert loaded(tree / "b.xml") == {"b.xml": b"b.xml"}


def test_a_path_that_is_not_there_raises_and_says_what_to_name(tmp_path):
    with pytest.raises(NotFound) as caught:
        open_gate(tmp_path / "nowhere", **LIMITS)
    assert "standard input" in caught.value.mend
