"""centre.py - one centre's file out of several, which stay apart for their readers."""
import re


def sections_of(path):
    """{name: [lines]} of a file whose sections begin at the margin; files of scripts by their whole path."""
    sections, name = {}, None
    for line in path.read_text(encoding="utf-8").splitlines():
        found = re.match(r"(\w+):", line)
        if found:
            name = found.group(1)
            sections[name] = []
        if name and not line.startswith("#"):
            sections[name].append(re.sub(r"\bfile: ([^ ,}]+)", lambda m: f"file: {path.parent / m.group(1)}", line))
    return sections


def as_items(lines):
    """The lines of a list behind its name; a list in brackets becomes lines, too."""
    inline = re.match(r"\w+:\s*\[(.*)\]", lines[0])
    return [f"  - {item.strip()}" for item in inline.group(1).split(",")] if inline else lines[1:]


def join(first, second, out):
    """Writes @first with the lists of @second behind its own."""
    text, more = [], sections_of(second)
    for name, lines in sections_of(first).items():
        if name not in more or not as_items(more[name]):
            text += lines
        else:
            text += [f"{name}:", *as_items(lines), *as_items(more[name])]
    out.write_text(f"# Written by examples/handover/up out of {first.parent.name}/{first.name} and "
                   f"{second.parent.name}/{second.name}.\n" + "\n".join(text) + "\n", encoding="utf-8")
    return out
