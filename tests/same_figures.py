#!/usr/bin/env python3
"""Whether a newer program says what an older one said: every member of the old JSON is in the new one, the same; the
new one may say more. Only the coverage of a level is another: the days after it lack, where older programs named those
before it.

usage: same_figures.py OLD NEW
"""
import json
import sys

COVERAGE = ("known_days", "lacking", "percent", "period_days")


def differs(old, new, where):
    if isinstance(old, dict) and isinstance(new, dict):
        for name, value in old.items():
            if name in COVERAGE and old.get("kind") == "stock":
                continue
            if name not in new:
                return f"{where}.{name} is not there any more"
            found = differs(value, new[name], f"{where}.{name}")
            if found:
                return found
        return None
    if isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            return f"{where}: {len(old)} were there, {len(new)} are"
        for i, (one, other) in enumerate(zip(old, new)):
            found = differs(one, other, f"{where}[{i}]")
            if found:
                return found
        return None
    return None if old == new else f"{where}: {old!r} became {new!r}"


with open(sys.argv[1], encoding="utf-8") as first, open(sys.argv[2], encoding="utf-8") as second:
    difference = differs(json.load(first), json.load(second), "")
if difference:
    sys.exit(f"{sys.argv[2]}: {difference}")
