"""preload.py - the numbers that faults.c and this process share."""
import errno
import mmap
import os
import struct

KINDS = {"open": errno.EMFILE, "rename": errno.ENOSPC, "write": errno.ENOSPC, "sync": errno.EIO, "allocate": errno.ENOMEM}
ONCE, FOR_EVER, LIES = range(3)
FORM = struct.Struct("=IIIIQQQ")  # struct control of faults.c


class Faults:
    def __init__(self, library, folder):
        self.library, self.name = os.path.abspath(library), os.path.join(folder, "faults")
        with open(self.name, "wb+") as file:
            file.truncate(mmap.PAGESIZE)
            self.memory = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        self.disarm(pid=0)

    def environment(self):
        return dict(os.environ, LD_PRELOAD=self.library, FAULTS=self.name)

    def _set(self, pid, kind, how, error, at):
        FORM.pack_into(self.memory, 0, pid, len(KINDS), how, error, at, 0, 0)
        struct.pack_into("=I", self.memory, 4, kind)  # last: from now on it counts

    def arm(self, kind, at, how=ONCE, pid=None):
        """The call number @at from now on fails; 0: calls are counted only."""
        number = list(KINDS).index(kind)
        self._set(self.pid() if pid is None else pid, number, how, KINDS[kind], at)

    def disarm(self, pid=None):
        """Returns how many calls there were, and how many of them failed."""
        calls, failed = struct.unpack_from("=QQ", self.memory, 24)
        self._set(self.pid() if pid is None else pid, len(KINDS), ONCE, 0, 0)
        return calls, failed

    def pid(self):
        return struct.unpack_from("=I", self.memory, 0)[0]
