"""Call a function in a separate process with limits on time and memory, for input that could be hostile.

A regular expression or a parser holds the interpreter lock: in a thread it would stop every page. Here the process is
killed when its time is over.
"""

from __future__ import annotations

import logging
import os
import pickle
import resource
import subprocess
import sys
from importlib import import_module
from typing import Any

from digest.errors import InputTooComplex

MEGABYTE = 1024 * 1024
_log = logging.getLogger(__name__)


def call_bounded(module: str, function: str, *arguments: Any, seconds: float = 5.0, megabytes: int = 1024) -> Any:
    """Return the result of a function, called in a separate process with these limits.

    Arguments and result must be picklable. Raise InputTooComplex when the limits are exceeded or the call fails.
    """
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    call = pickle.dumps((module, function, arguments, seconds, megabytes))
    command = [sys.executable, "-P", "-m", "digest.fetching.bounded_process"]
    try:
        done = subprocess.run(  # noqa: S603  our own module
            command, input=call, capture_output=True, env=environment, timeout=seconds, check=True
        )
    except subprocess.TimeoutExpired as error:
        raise InputTooComplex("this input takes too long to read") from error
    except subprocess.CalledProcessError as error:
        last = error.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2][:200]
        _log.warning("%s.%s failed: %s", module, function, last, extra={"action": "bounded call"})
        raise InputTooComplex("this input cannot be read within the limits") from error
    return pickle.loads(done.stdout)  # noqa: S301  written by our own module


def _main() -> None:
    module, function, arguments, seconds, megabytes = pickle.loads(sys.stdin.buffer.read())  # noqa: S301  written by the parent
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * MEGABYTE, megabytes * MEGABYTE))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))  # also when the parent has died
    result = getattr(import_module(module), function)(*arguments)
    sys.stdout.buffer.write(pickle.dumps(result))


if __name__ == "__main__":
    _main()
