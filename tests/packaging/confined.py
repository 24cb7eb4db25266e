#!/usr/bin/python3
"""confined.py - runs a program as packaging/baton.service would: its system calls,
its file system, no privileges. Without systemd as the first process.

usage: confined.py --unit FILE --writable DIR [--without SET] -- PROGRAM [ARGUMENT…]
"""
import argparse
import ctypes
import errno
import mmap
import os
import pathlib
import re
import socket
import struct
import subprocess

import seccomp

def settings(unit):
    """Of every setting its values in order, those of one line apart."""
    found = {}
    with open(unit, encoding="utf-8") as lines:
        for line in lines:
            if "=" in line and line[0] not in "#;[":
                name, value = line.rstrip("\n").split("=", 1)
                found.setdefault(name, []).append(value)
    return found


def calls_of(name):
    """The system calls of a set such as @system-service, with its sets' own."""
    if not name.startswith("@"):
        return {name}
    said = subprocess.run(["systemd-analyze", "syscall-filter", name], check=True, text=True, stdout=subprocess.PIPE)
    words = [line.strip() for line in said.stdout.splitlines() if re.match(r"    [@a-z]", line)]
    return set().union(*(calls_of(word) for word in words))


def allowed_calls(filters):
    """The first list says what may be done; ~ takes away from it."""
    allowed = set()
    for words in filters:
        names = set().union(*(calls_of(word) for word in words.lstrip("~").split()))
        allowed = allowed - names if words.startswith("~") else allowed | names
    return allowed


def add_known(rules, action, call, *conditions):
    try:
        rules.add_rule(action, call, *conditions)
    except (RuntimeError, ValueError):
        pass  # of another architecture or kernel


def conditions_of(wanted):
    """Calls that are allowed with some arguments alone: call -> a list of conditions, of which one must hold."""
    writable, code = mmap.PROT_WRITE, mmap.PROT_EXEC
    found = {"socket": [seccomp.Arg(0, seccomp.EQ, getattr(socket, family))
                        for family in wanted["RestrictAddressFamilies"][-1].split()]}
    if wanted["MemoryDenyWriteExecute"] == ["yes"]:
        found["mmap"] = [seccomp.Arg(2, seccomp.MASKED_EQ, writable | code, some) for some in (0, writable, code)]
        for call in ("mprotect", "pkey_mprotect"):
            found[call] = [seccomp.Arg(2, seccomp.MASKED_EQ, code, 0)]
    return found


def system_call_filter(unit, without):
    wanted = settings(unit)
    rules = seccomp.SyscallFilter(seccomp.ERRNO(getattr(errno, wanted["SystemCallErrorNumber"][-1])))
    allowed = allowed_calls(wanted["SystemCallFilter"]).difference(*(calls_of(name) for name in without))
    conditional = conditions_of(wanted)
    # clone3 hides its flags from filters: the C library then takes clone.
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    for call in sorted(allowed - conditional.keys() - {"clone3"}):
        add_known(rules, seccomp.ALLOW, call)
    for call in allowed & conditional.keys():
        for condition in conditional[call]:
            add_known(rules, seccomp.ALLOW, call, condition)
    return rules


# ---- the file system

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
MS_BIND = 4096
MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE, READ_ONLY = 442, -100, 0x8000, 1
SOMEBODY = 1000


def sure(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def set_attributes(path, flags, add, take):
    """struct mount_attr: what is set, what is taken away, propagation, user namespace."""
    attributes = struct.pack("=QQQQ", add, take, 0, 0)
    sure(libc.syscall(MOUNT_SETATTR, AT_FDCWD, path.encode(), flags, attributes, len(attributes)), f"mount_setattr {path}")


def own_file_system(writable):
    """All of it can be read, and one folder written; by a user who is nobody in particular."""
    user, group = os.getuid(), os.getgid()
    sure(libc.unshare(CLONE_NEWUSER | CLONE_NEWNS), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{SOMEBODY} {user} 1"), ("gid_map", f"{SOMEBODY} {group} 1")):
        pathlib.Path("/proc/self", name).write_text(text, encoding="ascii")
    sure(libc.mount(writable.encode(), writable.encode(), None, MS_BIND, None), f"mount {writable}")
    set_attributes("/", AT_RECURSIVE, READ_ONLY, 0)
    set_attributes(writable, 0, 0, READ_ONLY)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--unit", required=True)
    parser.add_argument("--writable", required=True, metavar="DIR")
    parser.add_argument("--without", action="append", default=[], metavar="SET", help="take these calls away, too")
    parser.add_argument("program", nargs="+")
    options = parser.parse_args()
    rules = system_call_filter(options.unit, options.without)
    own_file_system(options.writable)
    rules.load()  # and no new privileges
    os.execvp(options.program[0], options.program)


if __name__ == "__main__":
    main()
