"""Rules are data, overlaid key by key, and refused by name where they mean nothing."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from tailrace import BadTerms
from tailrace.street.rules import from_text, load, of_folder, packaged


def test_the_packaged_rules_fill_every_room():
    rules = packaged()
    assert rules.evidence.price_tolerance == Decimal("0.005")
    assert rules.offers.funder[0].name == "Hausbank"


def test_a_folder_overlays_key_by_key(tmp_path):
    own = "[run]\non = 2026-03-31\n[evidence]\nduplicate_days = 3\n"
    (tmp_path / "tailrace.toml").write_text(own)
    rules = of_folder(tmp_path)
    assert rules.run.on == date(2026, 3, 31)
    assert rules.evidence.duplicate_days == 3
    assert rules.evidence.name == packaged().evidence.name


def test_a_run_page_gives_the_same_rules_back():
    rules = packaged()
    assert from_text(rules.text()) == rules


def test_the_day_of_a_folder_is_no_rule_of_a_run():
    assert load({"run": {"on": "2026-03-31"}}, where="x").text() == packaged().text()


def test_an_unknown_rule_is_named(tmp_path):
    (tmp_path / "tailrace.toml").write_text("[evidence]\nduplicate_dayz = 3\n")
    with pytest.raises(BadTerms) as why:
        of_folder(tmp_path)
    assert "duplicate_dayz" in why.value.what
    assert "tailrace.toml" in why.value.where


def test_a_file_that_is_not_toml_is_named(tmp_path):
    (tmp_path / "tailrace.toml").write_text("[evidence\n")
    with pytest.raises(BadTerms, match="not TOML"):
        of_folder(tmp_path)


def test_the_rules_of_an_older_run_are_read_with_what_came_since_as_packaged():
    kept = json.loads(packaged().text())
    del kept["logs"], kept["evidence"]["content_days"]
    kept["evidence"]["name"] = "older"
    read = from_text(json.dumps(kept))
    assert read.evidence.name == "older"
    assert read.evidence.content_days == packaged().evidence.content_days
    assert read.logs == packaged().logs
    assert from_text(packaged().text()).text() == packaged().text()
