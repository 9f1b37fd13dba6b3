"""What is wrong with one file: faults gathered with the file's name, digest and place."""

from __future__ import annotations

from tailrace.base.errors import Fault

FAULTS_MAX = 100  # of one file; more of the same help nobody


class Refused(Exception):
    """A file that is not read at all, with the fault that says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.what)
        self.fault = fault


class Trouble:
    """The faults of one file, gathered with name, digest and place; at most `FAULTS_MAX`."""

    def __init__(self, name: str, source: str) -> None:
        self.name, self.source = name, source
        self.faults: list[Fault] = []
        self.dropped = 0

    def fault(self, what: str, mend: str, position: int, path: str = "") -> Fault:
        """Return a fault at a place of this file."""
        where = f"{self.name}, byte {position}" + (f", {path}" if path else "")
        return Fault(what=what, where=where, mend=mend, source_id=self.source, position=position)

    def note(self, what: str, mend: str, position: int, path: str = "") -> None:
        """Keep a fault beside what is read."""
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(self.fault(what, mend, position, path))
        else:
            self.dropped += 1

    def all(self) -> list[Fault]:
        if not self.dropped:
            return self.faults
        mend = f"mend the first {FAULTS_MAX}, then read the file again"
        return [*self.faults, self.fault(f"{self.dropped} more faults in this file", mend, 0)]
