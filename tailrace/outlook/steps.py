"""The steps of the outlook, in order."""

from __future__ import annotations

from tailrace.outlook.cash import cash, surplus
from tailrace.outlook.delays import coverage, delay
from tailrace.outlook.needs import need

__all__ = ["STEPS", "cash", "coverage", "delay", "need", "surplus"]

STEPS = (delay, coverage, cash, surplus, need)
