#!/usr/bin/env python3
"""purity.py - pure modules call nothing but each other and an allow-list.

usage: purity.py --nm NM --allow FILE LIBRARY...

No clock, no random numbers, no allocator, no input or output: whatever a pure
module may use of the C library is named in the allow-list, under a reason. And
no variable that changes: tables are const, state is handed in.
"""
import argparse
import pathlib
import re
import subprocess
import sys

# What the compiler's instrumentation adds.
INSTRUMENTATION = re.compile(r"^(__(asan|ubsan|sanitizer|sancov|tsan|gcov|lsan|odr)|_GLOBAL_OFFSET_TABLE_|__stack_chk_)")


def read_allowed(path):
    """{symbol: its line}; a group begins with a reason, "# ..."."""
    allowed, reason = {}, ""
    for number, line in enumerate(pathlib.Path(path).read_text().splitlines(), 1):
        line = line.strip()
        if line.startswith("#"):
            reason = line[1:].strip()
        elif not line:
            reason = ""
        elif not reason:
            raise SystemExit(f"{path}:{number}: no reason above this group")
        else:
            allowed.update({symbol: number for symbol in line.split()})
    return allowed


def symbols(nm, library):
    """(object, name, class, section) of each symbol. sysv: name|value|class|type|size|line|section."""
    out = subprocess.run([nm, "-f", "sysv", library], check=True, stdout=subprocess.PIPE, text=True).stdout
    place = library
    for line in out.splitlines():
        inside = re.match(r"^(Symbols|Undefined symbols) from .*\[(.*)\]:", line)
        if inside:
            place = inside.group(2)
        fields = [field.strip() for field in line.split("|")]
        if len(fields) == 7 and fields[0] != "Name":
            yield place, fields[0], fields[2], fields[6]


def findings(found, allowed):
    defined = {name for _, name, kind, _ in found if kind.isupper() and kind != "U"}
    for place, name, kind, section in found:
        if INSTRUMENTATION.match(name):
            continue
        if kind in "Uw" and name not in defined and name not in allowed:
            yield f"{place}: uses {name}, which no pure module defines and the allow-list does not name"
        if section in ("*COM*", ".data", ".bss", ".tdata", ".tbss") and not name.startswith("."):
            yield f"{place}: {name} is a variable that can change ({section})"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--allow", required=True)
    parser.add_argument("libraries", nargs="+")
    args = parser.parse_args()
    found = [s for library in args.libraries for s in symbols(args.nm, library)]
    bad = sorted(set(findings(found, read_allowed(args.allow))))
    print("\n".join(bad + [f"purity: {len(args.libraries)} libraries, {len(found)} symbols, {len(bad)} findings"]))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
