"""Every command has a manual, and the manual says what its --help says."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import click
import pytest

ROOT = Path(__file__).resolve().parents[2]
CLI = ROOT / "tailrace" / "cli"
VERBS = sorted(path.stem for path in CLI.glob("*.md"))
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *CLI.glob("*.md")])


def command(verb: str) -> click.Command:
    return import_module(f"tailrace.cli.{verb}").command


def test_every_command_has_a_manual_and_every_manual_a_command():
    helpers = {"__init__", "__main__", "main", "common", "debts", "lending", "lines", "rulebook"}
    helpers |= {"tables"}
    assert {path.stem for path in CLI.glob("*.py")} - helpers == set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_a_manual_opens_with_its_sentence_and_a_line_to_run(verb):
    lines = (CLI / f"{verb}.md").read_text("utf-8").splitlines()
    assert lines[0] == f"# tailrace {verb}"
    indented = [line.strip() for line in lines if line.startswith("    ")]
    assert indented[0].startswith(f"tailrace {verb}")


@pytest.mark.parametrize("verb", VERBS)
def test_a_manual_names_every_option_and_no_other(verb):
    manual = (CLI / f"{verb}.md").read_text("utf-8")
    options = {o for p in command(verb).params if isinstance(p, click.Option) for o in p.opts}
    long = {o for o in options if o.startswith("--")}
    table = "\n".join(line for line in manual.splitlines() if line.startswith("| `-"))
    assert set(re.findall(r"--[a-z][a-z-]*", table)) == long


@pytest.mark.parametrize("verb", VERBS)
def test_the_line_of_a_manual_parses(verb):
    lines = (CLI / f"{verb}.md").read_text("utf-8").splitlines()
    words = next(line.strip() for line in lines if line.startswith("    ")).split()[2:]
    with command(verb).make_context(verb, words, resilient_parsing=False) as context:
        assert context.params


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if "://" in target:
            continue
        near = (page.parent / target).resolve()
        # a command's manual is laid in docs/commands when the site is built
        site = (ROOT / "docs" / "commands" / target).resolve()
        in_cli = CLI / Path(target).name if "commands/" in target else near
        assert near.exists() or site.exists() or in_cli.exists(), f"{page.name}: {target}"
