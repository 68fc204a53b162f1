"""A file that a show will write: claimed when the show is opened, replaced with its first bytes.

In between a start may still be refused; then what was there before is as it was. While it is claimed no
other show gets it: two that write one file would both lose what they made.
"""

import contextlib
import os
import stat
from pathlib import Path

from configs.errors import FileInUseError, SinkError

try:
    import fcntl
except ImportError:  # a system without such locks: nobody is kept out
    fcntl = None  # type: ignore[assignment]


class OutputFile:
    """A claim to a file, and the file.

    Args:
        path: of the file; a missing folder is made.
        name: of option and file, for sentences.
        goes_on: add to what is there instead of replacing it.

    Raises:
        SinkError: it cannot be written; FileInUseError: another show writes it.
    """

    def __init__(self, path: Path, name: str, goes_on: bool = False) -> None:
        self.begun = False
        """Whether what it held before has gone."""
        self.size = 0
        """Bytes of this show in it, and before them those it goes on from."""
        self._path, self._goes_on = path, goes_on
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._is_new = not path.exists()
            self._file = open(path, "wb", buffering=0, opener=_untouched)  # noqa: SIM115 (closed in close)
        except (OSError, ValueError) as error:  # ValueError: a name that no file can have
            reason = getattr(error, "strerror", None) or error
            raise SinkError(f"{name} cannot be written ({reason}): choose another path") from error
        self._is_regular = stat.S_ISREG(os.fstat(self._file.fileno()).st_mode)
        if not self._lock():
            self._file.close()
            raise FileInUseError(f"{name} is being written by another show: choose another path")

    def _lock(self) -> bool:
        """Whether nobody else holds it. A device may have many writers, and some disks know no locks."""
        if fcntl is not None and self._is_regular:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                return not isinstance(error, BlockingIOError)
        return True

    def begin(self) -> None:
        """From here on it is this show's, and empty."""
        if not self.begun and self._is_regular:
            self.size = self._file.seek(0, os.SEEK_END) if self._goes_on else self._file.truncate(0)
        self.begun = True

    def append(self, data: bytes) -> None:
        """All of ``data`` or, where the disk takes no more, nothing of it.

        Raises:
            OSError: the disk takes no more; the file ends where it ended before.
        """
        self.begin()
        try:
            done = 0
            while done < len(data):
                done += self._file.write(data[done:])
        except OSError:
            with contextlib.suppress(OSError):
                self._file.seek(self._file.truncate(self.size))
            raise
        self.size += len(data)

    def rewrite_start(self, data: bytes) -> None:
        """Put ``data`` where the file begins."""
        os.pwrite(self._file.fileno(), data, 0)

    def close(self) -> None:
        """Give it back; a new file that is still empty goes again."""
        if self._file.closed:
            return
        if self._is_new and os.fstat(self._file.fileno()).st_size == 0:
            with contextlib.suppress(OSError):
                self._path.resolve().unlink()  # seen through a link: the file is new, not the link
        self._file.close()


def _untouched(path: str, flags: int) -> int:
    """Open for writing without emptying."""
    return os.open(path, flags & ~os.O_TRUNC, 0o666)
