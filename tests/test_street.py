"""The architecture, held: imports run one way, rooms are pure, every room looks alike."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "tailrace"
GROUND = ("base",)
ROOMS = (
    "records",
    "formats",
    "evidence",
    "network",
    "outlook",
    "contracts",
    "offers",
    "ledger",
    "settlement",
)
PORTS = ("stores", "engines", "gates")
DOORS = ("street", "report", "drill", "job", "cli")
# What a room may not touch: files, sockets, the clock, unseeded chance.
FORBIDDEN_IMPORTS = {
    "socket",
    "urllib",
    "http",
    "requests",
    "random",
    "time",
    "sqlite3",
    "subprocess",
    "pathlib",
}
FORBIDDEN_CALLS = {"open", "today", "now", "utcnow", "default_rng"}


def modules(place: str) -> list[Path]:
    return sorted((PACKAGE / place).rglob("*.py")) or [PACKAGE / f"{place}.py"]


def imports(path: Path) -> set[str]:
    """Every module of ours a file imports, wherever in the file it does."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tailrace"):
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("tailrace")}
    return {name for name in found if name.count(".") >= 1}


def place_of(module: str) -> str:
    return module.split(".")[1]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_the_ground_and_rooms_before_it(room):
    allowed = {*GROUND, *ROOMS[: ROOMS.index(room) + 1]}
    for path in modules(room):
        beyond = {m for m in imports(path) if place_of(m) not in allowed}
        assert not beyond, f"{path.relative_to(PACKAGE)} imports {beyond}"


@pytest.mark.parametrize("room", [r for r in ROOMS if r not in ("records", "formats")])
def test_a_room_uses_only_tables_and_rules_of_rooms_before_it(room):
    asks = {"offers": "contracts", "settlement": "formats"}  # the two that call another's function
    for path in modules(room):
        for module in imports(path):
            place = place_of(module)
            if place in (room, *GROUND, asks.get(room)):
                continue
            inside = module.split(".")[2] if module.count(".") >= 2 else ""
            assert inside in ("tables", "rules", "ids"), (
                f"{path.relative_to(PACKAGE)} imports {module}"
            )


@pytest.mark.parametrize("place", [*GROUND, *PORTS])
def test_ground_and_ports_know_no_room(place):
    for path in modules(place):
        beyond = {m for m in imports(path) if place_of(m) not in (*GROUND, place)}
        assert not beyond, f"{path.relative_to(PACKAGE)} imports {beyond}"


@pytest.mark.parametrize("room", [r for r in ROOMS if r != "formats"])
def test_a_room_touches_no_file_socket_clock_or_chance(room):
    for path in modules(room):
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            touched = {n.split(".")[0] for n in names} & FORBIDDEN_IMPORTS
            assert not touched, f"{path.relative_to(PACKAGE)}:{node.lineno} imports {touched}"
            if isinstance(node, ast.Call):
                called = getattr(node.func, "id", getattr(node.func, "attr", ""))
                assert called not in FORBIDDEN_CALLS, (
                    f"{path.relative_to(PACKAGE)}:{node.lineno} calls {called}"
                )


@pytest.mark.parametrize("room", [r for r in ROOMS if r not in ("records", "formats")])
def test_every_room_looks_alike(room):
    for name in ("__init__.py", "tables.py", "steps.py"):
        assert (PACKAGE / room / name).is_file(), f"{room} has no {name}"
    assert ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text("utf-8")))


def test_every_step_declares_kinds_that_exist_and_no_two_tables_share_a_kind():
    from tailrace.street.rooms import SCHEMAS, STEPS

    for step in STEPS:
        unknown = {*step.reads, *step.writes} - set(SCHEMAS)
        assert not unknown, f"{step.rule} names {unknown}"


def test_every_id_column_leads_to_a_kind():
    from tailrace.street.rooms import SCHEMAS

    for schema in SCHEMAS.values():
        for column, kind in schema.pointers().items():
            assert kind in (*SCHEMAS, "", "deed"), f"{schema.kind}.{column} points to {kind}"


def test_every_door_is_above_every_room():
    for room in (*ROOMS, *PORTS, *GROUND):
        for path in modules(room):
            assert not {m for m in imports(path) if place_of(m) in DOORS}, path
