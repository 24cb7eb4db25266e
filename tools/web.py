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
# Sentences with their values, {1}, of the program's formats, %s: by whom they are said.
SENTENCES = {"details.": "src/", "findings.": "src/studio/", "story.": "src/"}
# Who says nothing that people do not read: of a script in the Studio, of a session at the wallboard.
TELLING = {"findings.": re.compile(r"src/studio/((call|check|compiler|event|expression|handover_report|lexer|parser|program|scope|targets)\w*\.c|statuses\.def)$"),
           "story.": re.compile(r"src/engine/explain\w*\.c$")}
PLACE = re.compile(r"\{\d\}")
CONVERSION = re.compile(r"\{[a-z]+\}|%(?:\.\*)?(?:ll|z)?[suxdc]|%\.15g|%02X")
C_TOKEN = re.compile(r"""/\*.*?\*/|'(?:[^'\\\n]|\\.)*'|"(?P<text>(?:[^"\\\n]|\\.)*)"|(?P<space>\s+)|.""", re.S)
PROSE = re.compile(r"(?<![\w.])[a-z]{2,} (?:[^\n]*[ '])?[a-z]{2,}(?![\w(])")


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


def literals(source):
    """The texts of a C file; those behind each other are one."""
    whole = None
    for token in C_TOKEN.finditer(re.sub(r"(?m)^\s*#\s*(?:include|if|el|end).*$", "", source)):
        if token["text"] is not None:
            whole = (whole or "") + re.sub(r"\\(.)", r"\1", token["text"])
        elif token["space"] is None and not token[0].startswith("/*") and whole is not None:
            yield whole
            whole = None


def unformatted(name, words, said):
    """Keys that the program does not say any more: each piece between values must be in a text of it."""
    for key in sorted(words):
        missing = [piece for piece in PLACE.split(key) if piece.strip(" '\".;:,()") and piece not in said]
        if missing and not composed(key, said):
            yield f"{name}: {key!r}: the program does not say {missing[0]!r}"
        if set(PLACE.findall(words[key])) - set(PLACE.findall(key)):
            yield f"{name}: {key!r}: its words have other {{values}}"


def composed(key, said):
    """Is it what the program makes of a format and the words that it puts into it?"""
    rest = PLACE.sub("\0", key)
    for text in sorted(said.texts, key=len, reverse=True):
        if len(text) > 2 and text in rest:
            rest = rest.replace(text, "\0")
    return not re.search(r"\w{3,}", rest)


class Said:
    def __init__(self, sources):
        self.texts = {piece for source in sources for text in literals(source) for piece in CONVERSION.split(text)}
        self.all = "\0".join(sorted(self.texts))

    def __contains__(self, piece):
        return piece in self.all


def untold(name, words, sources):
    """What the checker says, and nobody has said in this language."""
    known = "\0".join(PLACE.sub("\0", key) for key in words)
    for path, source in sources:
        for text in sorted(set(literals(source))):
            pieces = [piece for piece in CONVERSION.split(text) if PROSE.search(piece)]
            if any(piece not in known for piece in pieces):
                yield f"{name}: {text!r} of {path}: is missing, who reads this language would read it in English"


def sentences(names, read, name, words):
    begin = next(b for b in SENTENCES if name.startswith(b))
    sources = [(n, read(n)) for n in names if n.startswith(SENTENCES[begin]) and n.endswith((".c", ".def"))]
    yield from unformatted(name, words, Said([source for _, source in sources]))
    if begin in TELLING:
        yield from untold(name, words, [(n, source) for n, source in sources if TELLING[begin].match(n)])


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
        elif name.startswith(tuple(SENTENCES)):
            yield from sentences(names, read, name, words)
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
