#!/usr/bin/env python3
"""web.py - what the pages say (web/messages) and how they look: nothing missing, nothing dead.

usage: web.py

The catalogues of all languages say the same things, with the same {values}; the
pages ask for each of them; what the server refuses, and each kind of finding of
the checker, has words in each language but its own; and a class that is styled is one that a page has.
"""
import json
import re
import sys

import project

MESSAGES = "web/messages/"
VALUE = re.compile(r"\{(\w+)\}")
PLURAL = re.compile(r"\.(one|other)$")
# Where a page puts the rest of a key: t(`wall.status.${status}`).
BEGUN = re.compile(r"`([\w.]+\.)\$\{")
SAID = re.compile(r'^(?:REFUSAL\(\w+,\s*"\w+",\s*\d+, \d, "[\w-]+",|REMEDY\(\w+,)\s*"((?:[^"\\]|\\.)*)"', re.M)
CHECKED = re.compile(r'^DIAGNOSTIC\(\w+, \w+, "([\w-]+)"', re.M)
AWAY = {"logged in", "no answer"}  # directory_away_text()
CLASS = re.compile(r"\.([a-zA-Z][\w-]*)(?=[^{}]*\{)")
CLASS_BEGUN = re.compile(r"([a-z-]+-)\$\{")  # "key-${colour}"
FOREIGN = ("react-flow",)


def unequal(name, english, other):
    for key in sorted(english.keys() ^ other.keys()):
        yield f"{name}: {key}: is in one of the languages only"
    for key in sorted(english.keys() & other.keys()):
        if set(VALUE.findall(english[key])) != set(VALUE.findall(other[key])):
            yield f"{name}: {key}: has other {{values}} than the English"


def unused(name, keys, source):
    begun = tuple(set(BEGUN.findall(source)))
    for key in keys:
        stem = PLURAL.sub("", key)
        if f'"{key}"' not in source and f'"{stem}"' not in source and not (begun and key.startswith(begun)):
            yield f"{name}: {key}: no page says it"


def unsaid(name, words, said, whole):
    for text in sorted(set(words) - said):
        yield f"{name}: {text!r}: the server does not say it"
    for text in sorted(said - set(words)) if whole else ():
        yield f"{name}: {text!r}: is missing, who reads this language would read it in English"


def undrawn(name, style, source):
    begun = (*FOREIGN, *CLASS_BEGUN.findall(source))
    plain = re.sub(r"/\*.*?\*/", "", style, flags=re.S)
    for one in sorted(set(CLASS.findall(plain))):
        if not one.startswith(begun) and not re.search(rf"(?<![\w-]){one}(?![\w-])", source):
            yield f"{name}: .{one}: no page has this class"


def findings(names, read):
    catalogues = {n.removeprefix(MESSAGES): json.loads(read(n)) for n in names if n.startswith(MESSAGES)}
    pages = [n for n in names if n.startswith("web/src/")]
    source = "\n".join(read(n) for n in pages if n.endswith((".ts", ".tsx")))
    for name in (n for n in pages if n.endswith(".css")):
        yield from undrawn(name, read(name), source)
    checked = set(CHECKED.findall(read("src/studio/diagnostics.def")))
    said = set(SAID.findall(read("src/session/refusal.def"))) | AWAY
    for name, words in sorted(catalogues.items()):
        if name.startswith("server."):
            yield from unsaid(name, words, said, whole=not name.endswith("en.json"))
        elif name.startswith("checker."):
            yield from unsaid(name, words, checked, whole=True)
        elif name.endswith("en.json"):
            yield from unused(name, words, source)
        else:
            yield from unequal(name, catalogues[re.sub(r"\w+\.json$", "en.json", name)], words)


def main():
    bad = list(findings(project.files(), lambda name: (project.ROOT / name).read_text()))
    print("\n".join(bad + [f"web: {len(bad)} findings"]))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
