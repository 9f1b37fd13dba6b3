"""Running a drill: on packs by name with their parameters, on generators, on folders."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from tailrace.base.errors import BadTerms, NotFound, TailraceError
from tailrace.drill import packs
from tailrace.drill.folder import read
from tailrace.drill.judging import judged
from tailrace.drill.measure import Count, count
from tailrace.drill.scene import Scene
from tailrace.street.rules import load

PACKS = tuple(sorted(m.name for m in iter_modules(packs.__path__)))  # the folder is the list
PLANT, SUFFIX = "plant", ".py"
Plant = Callable[..., None]
_KINDS = {int: "a whole number from 0", Decimal: "a number from 0", str: "a word"}


def scene(
    pack: str, *, seed: int, firms: int, parameters: Mapping[str, str] | None = None
) -> Scene:
    """Return the scene of a pack: by its name, or the path of a file that holds its `plant`.

    Raises `NotFound` for what is no pack, `BadTerms` for a parameter it does not have.
    """
    plant = plant_of(pack)
    values = _valued(pack, plant, parameters or {})
    made = Scene(Path(pack).stem, seed, firms)
    # A stranger's file may do anything wrong; ours only what its parameters make it do.
    wrong = Exception if pack.endswith(SUFFIX) else (ArithmeticError, LookupError, ValueError)
    try:
        plant(made, **values)
    except TailraceError:
        raise
    except wrong as why:
        said = ", ".join(f"{name}={value}" for name, value in values.items()) or "its defaults"
        mend = "`tailrace drill --list` shows what parameters usually are"
        what = f"nothing can be planted with {said}: {type(why).__name__}: {why}"
        raise BadTerms(what, where=f"pack {pack}", mend=mend) from why
    return made


def drill(
    pack: str, *, seed: int, firms: int, parameters: Mapping[str, str] | None = None
) -> Count:
    """Run one pack, by name, generator or folder, and count; misses carry the seed."""
    if not generated(pack) and Path(pack).is_dir():
        if parameters:
            mend = "a folder holds one fixed set of records; parameters are for packs by name"
            raise BadTerms("parameters for a folder", where=pack, mend=mend)
        world = read(Path(pack))
        found = judged(world.tables, on=world.on, rules=world.rules, other=world.other)
        return count(Path(pack).resolve().name, world.truth, found)
    made = scene(pack, seed=seed, firms=firms, parameters=parameters)
    rules = load(made.rules, where=f"the rules of pack {pack}")
    other = made.other.tables() if made.other else None
    found = judged(made.tables(), on=made.on, rules=rules, other=other)
    counted = count(Path(pack).stem, made.truth, found)
    for miss in counted.misses:
        miss["seed"] = seed
    return counted


def generated(pack: str) -> bool:
    """Return whether a pack is made from a seed, so that another seed is another drill."""
    return pack in PACKS or pack.endswith(SUFFIX)


def plant_of(pack: str) -> Plant:
    """Return what lays a pack's frauds. Raises `NotFound` for what is no pack."""
    if pack in PACKS:
        module = import_module(f"tailrace.drill.packs.{pack}")
    elif pack.endswith(SUFFIX) and Path(pack).is_file():
        spec = spec_from_file_location(f"drill_pack_{Path(pack).stem}", pack)
        assert spec is not None and spec.loader is not None, "a path that ends in .py has a loader"
        module = module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except Exception as why:  # whatever the file does wrong is its writer's to mend
            mend = "run it by itself with Python to see the whole error"
            raise BadTerms(f"{type(why).__name__}: {why}", where=pack, mend=mend) from why
    else:
        mend = (
            f"packs are {', '.join(PACKS)}; or name a folder with records/ and truth/, "
            "or a Python file that holds plant(scene)"
        )
        raise NotFound(f"no pack {pack!r}", where="drill", mend=mend)
    plant = getattr(module, PLANT, None)
    if not callable(plant):
        mend = "def plant(s, *, count: int = 8) -> None: lay frauds on the scene, as packs/ do"
        raise BadTerms("a pack without a function `plant`", where=pack, mend=mend)
    made: Plant = plant
    return made


def defaults(plant: Plant) -> dict[str, Any]:
    """Return the parameters of a pack with what each is unless said otherwise."""
    parameters = inspect.signature(plant).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY}


def _valued(pack: str, plant: Plant, given: Mapping[str, str]) -> dict[str, Any]:
    """Return parameters as the kind of value their default is."""
    known = defaults(plant)
    made: dict[str, Any] = {}
    for name, text in given.items():
        if name not in known:
            mend = f"it has {', '.join(known) or 'none'}"
            raise BadTerms(f"no parameter {name!r}", where=f"pack {pack}", mend=mend)
        kind = type(known[name])
        if kind not in _KINDS:
            mend = f"give it a default that is {', '.join(_KINDS.values())}"
            raise BadTerms(f"parameter {name!r} cannot be set", where=f"pack {pack}", mend=mend)
        try:
            made[name] = kind(text)
            whole = kind is not Decimal or made[name].is_finite()
        except (ValueError, InvalidOperation):
            whole = False
        if not whole or (kind in (int, Decimal) and made[name] < 0):
            mend = f"write it as {name}={known[name]}: {_KINDS[kind]}"
            raise BadTerms(f"{name}={text!r}", where=f"pack {pack}", mend=mend)
    return made
