#!/usr/bin/env python3
"""hygiene.py - rules for the text of the project that no compiler checks.

usage: hygiene.py        (looks at every file that git would track)

A rule is a function that yields findings; RULES and TREE_RULES list them.
"""
import pathlib
import re
import sys

import project

SIZE_MAX = 256 * 1024
BINARY = (".png", ".ico", ".gz", ".bin", ".db", ".woff2")
NOT_WRITTEN_HERE = ("LICENSE", "package-lock.json")
SOURCES = (".c", ".h", ".def", ".py", ".sh", ".cmake", ".js", ".mjs", ".pml")
# Split, so that this file passes its own rule.
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX"]) + r")\b")
MACHINE_PATH = re.compile(r"(?<![\w./~-])/(?:work|root|home|Users|tmp)/[\w.]")
BANNED_CALL = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|alloca|setjmp|longjmp|atoi|atof)\s*\(")
# Function types may have a name; what holds data says struct, enum or union.
TYPEDEF = re.compile(r"\btypedef\s+(struct|enum|union)\s*(\w+\s*)?(\{|\**\w+\s*;)")
PRIVATE_INCLUDE = re.compile(r'#include "(?:(\w+)/)?\w+_priv\.h"')
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def numbered(pattern, text, saying):
    for number, line in enumerate(text.splitlines(), 1):
        match = pattern.search(line)
        if match:
            yield f"{number}: {saying.format(match.group(0))}"


def rule_unfinished(name, text):
    yield from numbered(UNFINISHED, text, "unfinished: {}")


def rule_machine_path(name, text):
    yield from numbered(MACHINE_PATH, text, "a path of one machine: {}…")


def rule_line_ends(name, text):
    if "\r" in text:
        yield "1: carriage return"
    if text and not text.endswith("\n"):
        yield "1: no newline at the end of the file"
    if not name.endswith(".md"):
        yield from numbered(re.compile(r"[ \t]+$"), text, "blanks at the end of the line")


def rule_tabs(name, text):
    if name.endswith(SOURCES):
        yield from numbered(re.compile(r"\t"), text, "a tab")


def rule_first_line(name, text):
    own = pathlib.Path(name).name
    # A .c with a header begins by including it; a unit test's name says enough.
    has_header = name.startswith(("src/", "tests/unit/")) or (project.ROOT / name).with_suffix(".h").exists()
    is_program = name.endswith(".c") and not has_header
    if (name.endswith(".h") or is_program) and not text.startswith(f"/* {own} - "):
        yield f"1: the first line says what the file is: /* {own} - …"


def rule_guard(name, text):
    match = re.fullmatch(r"src/(\w+)/(\w+)\.h", name)
    if match:
        guard = f"BATON_{match.group(1)}_{match.group(2)}_H".upper()
        if f"#ifndef {guard}\n#define {guard}\n" not in text:
            yield f"1: the include guard is {guard}"


def rule_c_words(name, text):
    if name.endswith((".c", ".h")):
        yield from numbered(BANNED_CALL, text, "{} … has a safe form in base/text.h or <stdio.h>")
        yield from numbered(re.compile(r"#include <assert\.h>"), text, "bt_check() stays on, assert() does not")
        yield from numbered(TYPEDEF, text, "{} hides what it is")


def rule_private_headers(name, text):
    match = re.match(r"(?:src|tests/unit)/(\w+)/", name)
    # Explorers, fuzzers and laws look at the inside on purpose.
    looks_inside = name.startswith(("tests/", "sim/")) and not match
    if name.endswith((".c", ".h")) and not looks_inside:
        for number, line in enumerate(text.splitlines(), 1):
            include = PRIVATE_INCLUDE.search(line)
            if include and include.group(1) and (not match or include.group(1) != match.group(1)):
                yield f"{number}: {include.group(0)} is private to its module"


def rule_links(name, text):
    if name.endswith(".md"):
        folder = (project.ROOT / name).parent
        prose = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.S)
        for target in LINK.findall(prose):
            path = target.split("#")[0]
            if path and "://" not in target and not target.startswith("mailto:") and not (folder / path).exists():
                yield f"1: the link {target} leads nowhere"


def rule_lock_file(name, text):
    if pathlib.Path(name).name == "package-lock.json":
        yield from numbered(re.compile(r'"resolved": "http'), text, "names a registry")


RULES = [rule_unfinished, rule_machine_path, rule_line_ends, rule_tabs, rule_first_line, rule_guard,
         rule_c_words, rule_private_headers, rule_links]


def tree_modules_described(names, read):
    """Who reads ARCHITECTURE.md has met every module."""
    text = read("ARCHITECTURE.md") if "ARCHITECTURE.md" in names else ""
    for module in sorted({n.split("/")[1] for n in names if re.match(r"src/\w+/.*\.[ch]$", n)}):
        if text and not re.search(rf"\b{module}/?\b", text):
            yield f"ARCHITECTURE.md: does not name src/{module}"


def tree_tables_used(names, read):
    """A .def table that nothing includes is a list that somebody restated."""
    sources = [read(n) for n in names if n.endswith((".c", ".h", ".def"))]
    for table in (n for n in names if n.endswith(".def")):
        parts = pathlib.Path(table).parts
        includes = [f'#include "{"/".join(parts[at:])}"' for at in range(1, len(parts))]
        if not any(include in s for s in sources for include in includes):
            yield f"{table}: no file includes this table"


TREE_RULES = [tree_modules_described, tree_tables_used]


def file_findings(name, data):
    if len(data) > SIZE_MAX:
        yield f"{name}: {len(data)} bytes, at most {SIZE_MAX}"
    # What fuzzers and script tests read is malformed on purpose.
    if name.endswith(BINARY) or "/corpus/" in name or re.match(r"tests/.*\.studio$", name):
        return
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        yield f"{name}: not UTF-8 at byte {error.start}"
        return
    written_here = pathlib.Path(name).name not in NOT_WRITTEN_HERE
    for rule in RULES if written_here else [rule_lock_file]:
        for finding in rule(name, text):
            yield f"{name}:{finding}"


def main():
    names = project.files()
    bad = [f for name in names for f in file_findings(name, (project.ROOT / name).read_bytes())]
    for rule in TREE_RULES:
        bad += rule(names, lambda name: (project.ROOT / name).read_text())
    print("\n".join(bad + [f"hygiene: {len(names)} files, {len(bad)} findings"]))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
