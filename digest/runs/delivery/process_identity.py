"""Process identity: the name under which a process holds leases, and whether that process is still alive."""

from __future__ import annotations

import os
import socket
import uuid
from pathlib import Path


def new_process_name() -> str:
    """Return a name for this process, new at each call: host/pid/start/random."""
    return f"{socket.gethostname()}/{os.getpid()}/{_started(os.getpid())}/{uuid.uuid4().hex[:8]}"


def is_dead(sender: str) -> bool:
    """Return True when the process of that name certainly no longer runs: it ran on this machine and is gone.

    Nothing is known of a process on another machine; its leases expire.
    """
    host, _, rest = sender.partition("/")
    pid, _, rest = rest.partition("/")
    started = rest.partition("/")[0]
    return host == socket.gethostname() and pid.isdigit() and _started(int(pid)) != started


def _started(pid: int) -> str:
    """Return when a process began, as its system counts; "0" when there is none, "1" where the system does not tell."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except FileNotFoundError:
        return "0" if Path("/proc/self/stat").exists() or not _answers(pid) else "1"
    return after_name[19] if after_name[0] != "Z" else "0"


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
