#!/usr/bin/env python3
"""shape.py - functions and files stay short enough to be read at one go.

usage: shape.py [--allow FILE] [C FILE...]        (without files: the whole project)

Limits: 70 lines, 5 parameters and nesting of 4 a function; 600 lines a file.
An exception stands in tools/shape-allow.txt, one a line, with its reason:

    src/studio/vm.c:vm_run lines 310 one case an opcode, read as a table
    src/engine/engine.c file-lines 640 ...

The list only shrinks: an exception that is no longer needed, or that grants
more than a tenth above what is there, fails like a missing one.
"""
import argparse
import pathlib
import re
import sys

import project

LIMITS = {"lines": 70, "parameters": 5, "nesting": 4, "file-lines": 600}
KEYWORDS_BEFORE_PAREN = {"if", "for", "while", "switch"}
NOT_A_CALL = {"return", "sizeof", "case", "else"}
NOISE = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    r"|^[ \t]*#(?:\\\n|[^\n])*", re.S | re.M)
TOKEN = re.compile(r"[A-Za-z_]\w*|[^\s\w]|\d[\w.]*|\n")


def tokens(source):
    """(token, line) without comments, text and preprocessor lines."""
    def blank(match):
        keep = "0" if match.group(0)[0] in "\"'" else " "
        return keep + "\n" * match.group(0).count("\n")
    line = 1
    for token in TOKEN.findall(NOISE.sub(blank, source)):
        if token == "\n":
            line += 1
        else:
            yield token, line


def match_parens(toks):
    """{index of ")": index of its "("}."""
    stack, pairs = [], {}
    for i, (token, _) in enumerate(toks):
        if token == "(":
            stack.append(i)
        elif token == ")" and stack:
            pairs[i] = stack.pop()
    return pairs


def opens_block(toks, parens, i):
    """Is the brace at @i a statement's, not an initializer's?"""
    before = toks[i - 1][0] if i else ""
    if before == ")" and i - 1 in parens:
        head = parens[i - 1]
        word = toks[head - 1][0] if head else ""
        is_name = re.match(r"[A-Za-z_]", word) is not None
        return is_name and word not in NOT_A_CALL
    return before in ("else", "do", ";", "{", "}", ":")


def count_parameters(toks, first, last):
    inside = [t for t, _ in toks[first + 1 : last]]
    if not inside or inside == ["void"]:
        return 0
    depth = commas = 0
    for token in inside:
        depth += (token in "([{") - (token in ")]}")
        commas += token == "," and depth == 0
    return commas + 1


def functions(source):
    """(name, {measure: value}) of every function that the source defines."""
    toks = list(tokens(source))
    parens = match_parens(toks)
    braces = []  # of each open brace: is it a block?
    name = start = parameters = None
    deepest = 0
    for i, (token, line) in enumerate(toks):
        if token == "{":
            block = opens_block(toks, parens, i)
            if not braces and block and toks[i - 1][0] == ")":
                head = parens[i - 1]
                name, start = toks[head - 1]
                parameters = count_parameters(toks, head, i - 1)
                deepest = 0
            # Inside an initializer every brace is one too.
            braces.append(block and all(braces))
            deepest = max(deepest, sum(braces) - 1)
        elif token == "}" and braces:
            braces.pop()
            if not braces and name:
                yield name, {"lines": line - start + 1, "parameters": parameters, "nesting": deepest}
                name = None


def read_allowed(path):
    """{(place, measure): limit}, and what is wrong with the list itself."""
    allowed, bad = {}, []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        words = line.split(None, 3)
        if len(words) < 4 or words[1] not in LIMITS or not words[2].isdigit():
            bad.append(f"{path}:{number}: not «place measure limit reason»")
        else:
            allowed[words[0], words[1]] = int(words[2])
    return allowed, bad


def judge(measured, allowed):
    """Findings over {(place, measure): value}."""
    for (place, measure), value in sorted(measured.items()):
        limit = allowed.get((place, measure), LIMITS[measure])
        if value > limit:
            yield f"{place}: {measure} {value}, at most {limit}"
    for (place, measure), limit in sorted(allowed.items()):
        value = measured.get((place, measure), 0)
        if value <= LIMITS[measure]:
            yield f"{place}: {measure} {value} needs no exception any more; take it out"
        elif limit > value * 1.1:
            yield f"{place}: {measure} {value}, and the exception grants {limit}; lower it"


def measure_file(name, source):
    yield (name, "file-lines"), source.count("\n")
    for function, values in functions(source):
        for measure, value in values.items():
            yield (f"{name}:{function}", measure), value


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--allow", default=project.ROOT / "tools/shape-allow.txt", type=pathlib.Path)
    parser.add_argument("files", nargs="*")
    args = parser.parse_args()
    names = args.files or project.files("*.c", "*.h")
    measured = {}
    for name in names:
        measured.update(measure_file(name, (project.ROOT / name).read_text()))
    allowed, bad = read_allowed(args.allow)
    bad += judge(measured, allowed)
    print("\n".join(bad + [f"shape: {len(names)} files, {len(bad)} findings"]))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
