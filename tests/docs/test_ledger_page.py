"""The example in docs/ledger.md runs as printed and says what its comments say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tailrace.ledger.chart import CHART
from tailrace.ledger.deeds import RANKS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "ledger.md").read_text("utf-8")


def test_the_example_prints_what_it_says():
    [example] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    promised = re.findall(r"^print\(.*?\)\s+# (.*)$", example, re.MULTILINE)
    command = [sys.executable, "-c", example]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == promised
    assert len(promised) == 3


def test_every_account_and_rule_is_on_the_page():
    for name in [account.name for account in CHART] + list(RANKS):
        assert f"`{name}`" in PAGE
