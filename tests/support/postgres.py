"""A PostgreSQL of its own for tests, on a socket in a folder of its own; without the package there is none."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine

WANTED = "install it: apt install postgresql"
"""What to say where there is none."""

_FAST = "-c listen_addresses= -c fsync=off -c full_page_writes=off"
_numbers = count(1)


def programs() -> Path | None:
    """Where initdb and pg_ctl lie: Debian keeps them off the path, one folder a version."""
    found = [Path(path) for path in [shutil.which("initdb")] if path]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextmanager
def running(binaries: Path) -> Iterator[str]:
    """A fresh server until the end; the address of its database."""
    with tempfile.TemporaryDirectory(prefix="quaythu-pg-", ignore_cleanup_errors=True) as folder:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")  # it refuses to run as root
        data = f"{folder}/data"
        _run(binaries / "initdb", "-D", data, "-A", "trust", "-U", "office", "-E", "UTF8", "--locale=C.UTF-8")
        _run(binaries / "pg_ctl", "-D", data, "-o", f"{_FAST} -k {folder}", "-l", f"{folder}/log", "-w", "start")
        try:
            yield f"postgresql+psycopg://office@/postgres?host={folder}"
        finally:
            _run(binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


def fresh(url: str) -> str:
    """The address of an empty place in that database."""
    schema = f"test_{next(_numbers)}"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    engine.dispose()
    return f"{url}&options=-csearch_path%3D{schema}"


def _run(program: Path, *words: str) -> None:
    command = [str(program), *words]
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd="/")
