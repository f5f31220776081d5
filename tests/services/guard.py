"""Clean up after a test run that was killed before it could do so itself.

Run as a script, with a pipe from the test run as its input. Lines `add group 4711` and
`drop directory /tmp/x` keep the list of what is there; when the pipe ends, so has the test run,
and what is still on the list is killed and removed. PR_SET_PDEATHSIG would be shorter, but it
reaches only the direct child and fires when the thread that started it ends.
"""

import os
import shutil
import signal
import sys
from collections.abc import Iterable


def clean_up_after(lines: Iterable[str]) -> None:
    groups: set[int] = set()
    directories: set[str] = set()
    for line in lines:
        match line.rstrip("\n").split(" ", 2):
            case ["add", "group", group]:
                groups.add(int(group))
            case ["drop", "group", group]:
                groups.discard(int(group))
            case ["add", "directory", directory]:
                directories.add(directory)
            case ["drop", "directory", directory]:
                directories.discard(directory)
    for group_id in groups:
        try:
            os.killpg(group_id, signal.SIGKILL)
        except ProcessLookupError:
            continue
    for path in directories:
        shutil.rmtree(path, ignore_errors=True)


if __name__ == "__main__":
    clean_up_after(sys.stdin)
