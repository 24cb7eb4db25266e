#!/usr/bin/env python3
"""linear.py - is there one order of what clients did that explains what each was told?

usage: linear.py HISTORY.jsonl   a recorded history; one operation a line
       linear.py --control       legal and forged histories: the checker must tell them apart

A history is of registers (attributes of sessions): {"object", "kind": "write" or
"read", "value", "from", "to"}. A write whose client never heard an answer has
"to": null: it may have happened at any time after it was sent, or never. A
history is legal if its operations can be put in an order that keeps to time (what
ended before another began comes first) in which each read shows the last write.
Objects are independent, so each is searched by itself (Herlihy and Wing: a
history is linearizable if that of each object is). The search is Wing and
Gong's with Lowe's memory of the configurations that were seen.
"""
import collections
import json
import sys

def minimal(operations, done):
    """Those that may come next: nothing that is still to come ended before they began."""
    left = [i for i in range(len(operations)) if not done >> i & 1]
    end = min(operations[i]["to"] for i in left)
    return [i for i in left if operations[i]["from"] <= end]


def settle(operations):
    """Unanswered writes, told by who saw them (values are written once): what
    nobody saw may be left out, what somebody saw happened before that one ended."""
    settled = []
    for o in operations:
        if o["to"] is None:
            seen = [r["to"] for r in operations if r["kind"] == "read" and r["value"] == o["value"]]
            if not seen:
                continue
            o = dict(o, to=min(seen))
        settled.append(o)
    return settled


def explain(operations, first=None):
    """An order that explains all that was answered; None if there is none."""
    operations = settle(operations)
    if any(o["to"] < o["from"] for o in operations):
        return None  # seen before it was sent
    needed = (1 << len(operations)) - 1
    seen, stack = set(), [(0, first, ())]
    while stack:
        done, value, order = stack.pop()
        if done == needed:
            return order
        for i in minimal(operations, done):
            o = operations[i]
            if o["kind"] == "read" and o["value"] != value:
                continue
            after = (done | 1 << i, o["value"] if o["kind"] == "write" else value)
            if after not in seen:
                seen.add(after)
                stack.append((*after, (*order, i)))
    return None


def check(history):
    """The objects whose history is illegal, and how many there are."""
    by_object = collections.defaultdict(list)
    for operation in history:
        # A read that was never answered says nothing.
        if operation["to"] is not None or operation["kind"] == "write":
            by_object[operation["object"]].append(operation)
    illegal = [name for name, operations in sorted(by_object.items()) if explain(operations) is None]
    return illegal, len(by_object)


def report(history):
    illegal, objects = check(history)
    unanswered = sum(o["to"] is None for o in history)
    print(f"{len(history)} operations on {objects} objects, {unanswered} without an answer: {len(illegal)} illegal")
    for name in illegal[:5]:
        print(f"ILLEGAL  {name}: {json.dumps([o for o in history if o['object'] == name][:40])}")
    return 1 if illegal else 0


# --- the control ----------------------------------------------------------------

def op(kind, value, begin, end):
    return {"object": "x", "kind": kind, "value": value, "from": begin, "to": end}


LEGAL = {
    "one after the other": [op("write", 1, 0, 1), op("read", 1, 2, 3)],
    "a read beside a write may show either": [op("write", 1, 0, 9), op("read", None, 1, 2), op("read", 1, 3, 4)],
    "an unanswered write may have happened": [op("write", 1, 0, None), op("read", 1, 5, 6)],
    "an unanswered write may never have happened": [op("write", 1, 0, None), op("read", None, 5, 6)],
    "an unanswered write may come late": [op("write", 1, 0, None), op("write", 2, 1, 2), op("read", 2, 3, 4), op("read", 1, 5, 6)],
}
FORGED = {
    "an answered write is lost": [op("write", 1, 0, 1), op("read", None, 2, 3)],
    "a value that nobody wrote": [op("write", 1, 0, 1), op("read", 7, 2, 3)],
    "a value goes back": [op("write", 1, 0, 1), op("write", 2, 2, 3), op("read", 2, 4, 5), op("read", 1, 6, 7)],
    "a write is seen before it was sent": [op("read", 1, 0, 1), op("write", 1, 2, 3)],
    "two readers see two orders": [op("write", 1, 0, 9), op("write", 2, 0, 9), op("read", 1, 10, 11), op("read", 2, 12, 13)],
    "an unanswered write happens twice": [op("write", 1, 0, None), op("write", 2, 1, 2), op("read", 1, 3, 4),
                                          op("write", 3, 5, 6), op("read", 1, 7, 8)],
}


def control(history=()):
    """The forged ones; and recorded ones in which one read is changed."""
    wrong = [name for name, h in LEGAL.items() if explain(h) is None]
    wrong += [name for name, h in FORGED.items() if explain(h) is not None]
    print(f"{len(LEGAL)} legal and {len(FORGED)} forged histories: {len(wrong)} told wrongly {wrong or ''}")
    return 1 if wrong else 0


def main(words):
    if words == ["--control"]:
        return control()
    with open(words[0], encoding="utf-8") as lines:
        return report([json.loads(line) for line in lines])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
