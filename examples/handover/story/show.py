"""show.py - what the story looks like on a terminal."""
import datetime
import json
import os
import shutil
import sys
import textwrap
import time

WIDTH_MIN, WIDTH_MAX = 60, 100
LABEL = 9  # "customer" and a blank
MARGIN = len("12:00:00.000  ")

COLOURS = {"customer": "36", "bot": "33", "script": "35", "agent": "32", "server": "34",
           "refused": "1;31", "failed": "1;31", "good": "1;32", "title": "1", "quiet": "2"}


class Terminal:
    """Lines with a time and a speaker; colour only where it is seen and wanted."""

    def __init__(self, out=sys.stdout):
        self.out = out
        self.width = max(WIDTH_MIN, min(WIDTH_MAX, shutil.get_terminal_size((92, 24)).columns))
        self.colour = (out.isatty() and not os.environ.get("NO_COLOR")
                       and os.environ.get("TERM") != "dumb")

    def paint(self, how, text):
        return f"\033[{COLOURS[how]}m{text}\033[0m" if self.colour and how in COLOURS else text

    def write(self, text=""):
        print(text, file=self.out, flush=True)

    def title(self, text):
        self.write()
        self.write(self.paint("title", f"── {text} ".ljust(self.width, "─")))

    def para(self, text):
        for line in textwrap.wrap(text, self.width):
            self.write(line)

    def said(self, who, text, at_us=None):
        """One thing that happened, wrapped beside its time and its speaker."""
        at = datetime.datetime.fromtimestamp(at_us / 1e6 if at_us else time.time())
        stamp = self.paint("quiet", f"{at:%H:%M:%S}.{at.microsecond // 1000:03d}")
        first, *rest = textwrap.wrap(text, self.width - MARGIN - LABEL) or [""]
        self.write(f"{stamp}  {self.paint(who, who.ljust(LABEL))}{first}")
        for line in rest:
            self.write(" " * (MARGIN + LABEL) + line)

    def block(self, text, how=None):
        """Something verbatim: kept lines, indented; too long ones go on deeper."""
        for line in text.splitlines():
            lead = " " * (len(line) - len(line.lstrip()))
            for part in textwrap.wrap(line, self.width - 4, subsequent_indent=lead + "    ",
                                      drop_whitespace=True, replace_whitespace=False) or [""]:
                self.write("    " + (self.paint(how, part) if how else part))

    def document(self, document):
        """A JSON object, whole: small members on one line."""
        self.block("\n".join(compact(document, self.width - 6)))


def compact(value, width, indent="", lead=""):
    """JSON over as few lines as fit into the width."""
    line = indent + lead + json.dumps(value, ensure_ascii=False)
    if len(line) <= width or not isinstance(value, (dict, list)) or not value:
        return [line]
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    lines = [indent + lead + opening]
    pairs = value.items() if isinstance(value, dict) else ((None, part) for part in value)
    for name, part in pairs:
        inner = compact(part, width, indent + "  ", f'"{name}": ' if name is not None else "")
        inner[-1] += ","
        lines += inner
    lines[-1] = lines[-1][:-1]
    return [*lines, indent + closing]
