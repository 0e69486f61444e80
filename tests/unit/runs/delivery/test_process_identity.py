"""Names of senders: who is alive, who is certainly not, and of whom nothing is known."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from digest.runs.delivery.process_identity import is_dead, new_process_name


def test_this_process_is_alive_under_every_name_it_took() -> None:
    names = {new_process_name() for _ in range(3)}
    assert len(names) == 3
    assert not any(is_dead(name) for name in names)


def test_a_process_that_ended_is_dead() -> None:
    code = "from digest.runs.delivery.process_identity import new_process_name; print(new_process_name())"
    name = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert is_dead(name)


def test_a_process_that_was_killed_and_not_yet_waited_for_is_dead() -> None:
    code = "from digest.runs.delivery import process_identity as p; print(p.new_process_name(), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        assert not is_dead(name)
        process.kill()
        until = time.monotonic() + 60
        while not is_dead(name) and time.monotonic() < until:
            time.sleep(0.01)
        assert is_dead(name)


def test_another_process_that_has_the_number_now_does_not_count() -> None:
    host, pid, _, rest = new_process_name().split("/")
    assert is_dead(f"{host}/{pid}/12345/{rest}")


@pytest.mark.parametrize("name", ["elsewhere.example/1/2/ab", "sender", "", "//"])
def test_of_strangers_nothing_is_known(name: str) -> None:
    assert not is_dead(name)
