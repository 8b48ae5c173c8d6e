#!/usr/bin/env python3
"""What the manual says of the tree and of the programs is so: links, paths, names of tests, options, units, tables and
fields, the example of a collector, the figures of README.md and docs/signing.md.

usage: docs.py SOURCE BIN COMPILER

(The settings are held against the manual by test_config_shipped, the views of published.db by test_published.)
"""
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

source, programs, compiler = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
ctl = str(programs / "metricsctl")
pages = [source / "README.md", source / "examples/README.md", *sorted((source / "docs").glob("*.md"))]
text = {page: page.read_text() for page in pages}
doc = {page.stem: text[page] for page in pages if page.parent.name == "docs"}
man = {page.name: page.read_text() for page in (source / "docs/man").iterdir()}
wrong = []


def check(good, words):
    if not good:
        wrong.append(words)


def run(*words, ends=(0,), place=None):
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "METRICSD_CONFIG": f"{place or '/none'}/metricsd.conf"}
    said = subprocess.run([ctl, *words], capture_output=True, env=environment, cwd=source, check=False)
    check(said.returncode in ends, f"metricsctl {' '.join(words)} ended with {said.returncode}: {said.stderr.decode()}")
    return said.stdout.decode()


# --- links, anchors, paths

def anchors(page):
    """GitHub's: small letters, digits, '-' and '_' of each heading."""
    plain = re.sub(r"^```.*?^```", "", text[page], flags=re.M | re.S)
    return {re.sub(r"[^\w\- ]", "", head.strip().lower()).replace(" ", "-") for head in re.findall(r"^#+ (.*)", plain, re.M)}


for page in pages:
    for link in re.findall(r"\]\(([^)\s]+)\)", text[page]):
        path, _, anchor = link.partition("#")
        if path.startswith(("http:", "https:")):
            continue
        target = (page.parent / path).resolve() if path else page
        check(target.exists(), f"{page.name}: {link} leads nowhere")
        if anchor and target in text:
            check(anchor in anchors(target), f"{page.name}: {link}: no such heading")
    rooms = "base|bench|collectors|config|ctl|daemon|debian|etc|figures|include|report|script|store|systemd|tests"
    for path in re.findall(rf"`((?:{rooms})/[\w./*@-]+)", text[page]):
        # what is written for a new platform, and the beginning of the tests' names
        if "PLATFORM" not in path and "mastodon" not in path and path not in ("tests/test_", "figures/ACCOUNT.METRIC.json"):
            check(any(source.glob(path.rstrip("."))), f"{page.name}: there is no {path}")

# --- tests and units that are named

tests = {path.stem: path.read_text() for path in (source / "tests").glob("test_*.c")}
for name in set(re.findall(r"\btest_[a-z_0-9]+\b", "".join(text.values()))) - {"test_"}:
    check(name in tests, f"there is no {name}")
for number, here in re.findall(r"^\| (\d+) \| .* \| (.*) \|$", doc["reliability"], re.M):
    for part in here.split("; "):
        files = re.findall(r"T`(\w+)`", part)
        check(all(f"test_{name}" in tests for name in files), f"reliability.md, lesson {number}: no such test: {part}")
        for name in re.findall(r"\b[a-z0-9]+(?:_[a-z0-9]+){2,}", part.rpartition("`")[2]) if files else []:
            check(any(name in tests.get(f"test_{file}", "") for file in files),
                  f"reliability.md, lesson {number}: {name} is in none of {files}")
units = {path.name.removesuffix(".in") for path in (source / "systemd").iterdir()} | {"metricsd-textfile.service",
                                                                                      "metricsd-textfile.timer"}
for unit in set(re.findall(r"\bmetrics(?:d|ctl)[\w-]*(?:@[\w{}]*)?\.(?:service|timer|path)\b", "".join([*text.values(), *man.values()]))):
    check(re.sub(r"@.*?\.", "@.", unit) in units, f"there is no unit {unit}")

# --- options: what --help says, the manual page says, and no other; what pages show exists

purposes = run("--help")
commands = re.findall(r"^  ([a-z]+)  ", purposes, re.M)
common = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", purposes.partition("common options:")[2])) | {"-o", "--output"}


def options_of_help(name):
    own = run(name, "--help").partition("\ncommon options:")[0].partition("\nexample")[0]
    return set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", own))


def options_of_page(lines):
    """Those after Fl, which goes on over commas and bars."""
    options = set()
    for line in lines:
        flag = False
        for word in re.split(r"[ ,|]+", line) if line.startswith(".") else []:
            if re.fullmatch(r"\.?[A-Z][a-z]", word):
                flag = word.lstrip(".") == "Fl"
            elif flag and re.search(r"\w", word):
                options.add("-" + word)
    return options


listed, depth, name = {}, 0, None
for line in man["metricsctl.1"].partition(".Ss Options of all subcommands")[0].partition(".Sh DESCRIPTION")[2].split("\n"):
    depth += line.startswith(".Bl") - line.startswith(".El")
    if depth == 1 and line.startswith(".It Cm "):
        name = line.split()[2]
    if name:
        listed.setdefault(name, []).append(line)
check(sorted(listed) == sorted(commands), f"metricsctl(1) has other subcommands than --help: {set(listed) ^ set(commands)}")
of_others = {("plan", "--evidence"), ("export", "-c")}  # of enter and sha256sum, which their help shows
known = {}
for name in commands:
    said = options_of_help(name)
    known[name] = said | common
    for option in (said ^ options_of_page(listed.get(name, []))) - common:
        check((name, option) in of_others,
              f"metricsctl {name} {option} is only in {'--help' if option in said else 'metricsctl(1)'}")
for page in pages:
    for name, rest in re.findall(r"\bmetricsctl (?:-c \S+ )?([a-z]+)\b([^`#|&;\n]*)", text[page]):
        shown = re.findall(r"(?<![\w-])--[a-z][a-z-]*", rest)
        if name in known:
            check(set(shown) <= known[name], f"{page.name}: metricsctl {name} has no {set(shown) - known[name]}")
        else:
            check(not shown, f"{page.name}: there is no metricsctl {name}")

# --- what "it says" is said

said = ""
for path in [*source.glob("[cdsb]*/*.c"), *source.glob("tests/**/*.c"), *source.glob("tests/fixtures/**/*.json")]:
    said += re.sub(r'"\s*"', "", path.read_text().replace('\\"', "\x01")).replace("\x01", '"') + "\n"
said = re.sub(r"\s+", " ", said)
for name in ("meta-tokens", "website-analytics"):
    for cell in re.findall(r"^\| (\*.*?) \|", doc[name], re.M):
        for part in re.findall(r"\*([^*]+)\*", cell):
            for words in part.split("…"):
                check(words.strip(' "') in said, f"{name}.md: nothing says \"{words}\"")

# --- metrics everybody knows

told = re.search(r"^Known of channels are: .*?\n\n", doc["configuration"], re.M | re.S)[0]
for name in re.findall(r'\.id = "(\w+)"', (source / "base/metric.c").read_text().partition("/* of the registers */")[0]):
    check(f"`{name}`" in told, f"configuration.md does not know {name}")

# --- the example of a collector

with tempfile.TemporaryDirectory() as place:
    blocks = re.findall(r"```c\n(.*?)```", doc["adding-a-collector"], re.S)
    check(len(blocks) == 3, "adding-a-collector.md: a collector, its test and its fuzzer are expected")
    for number, block in enumerate(blocks):
        (Path(place) / f"{number}.c").write_text(block)
    where = [f"-I{source / room}" for room in (".", "include", "tests", "collectors")]
    compiled = subprocess.run([compiler, "-std=gnu17", "-D_GNU_SOURCE", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", *where,
                               *[f"{place}/{number}.c" for number in range(len(blocks))]], capture_output=True, check=False)
    check(compiled.returncode == 0, f"adding-a-collector.md: {compiled.stderr.decode()}")

# --- the quarter of the examples: its fields, tables and figures are those the pages have

with tempfile.TemporaryDirectory() as place:
    Path(place, "metricsd.conf").write_text(
        f'state_directory = "{place}";\ncontrol = "{place}/control";\n@include "{source}/examples/itagui.conf"\n')
    run("import", "examples/monthly.csv", place=place)
    for name in ("events", "campaigns", "risks"):
        run("record", name, "--from", f"examples/{name}.csv", place=place)

    figures = {" ".join(line.split()) for line in run("summary", "2025-Q4", "--width", "200", place=place).split("\n")}
    shown = re.search(r"```\n\$ metricsctl summary 2025-Q4.*?\n(.*?)```", text[source / "README.md"], re.S)[1]
    for line in shown.split("\n"):
        # whose registers are left out says nothing of other sources
        check(" ".join(line.split()) in figures or line.startswith("Fuentes:"), f"README.md: summary does not say: {line}")

    signed = run("close", "2025-Q4", "--anyway", "--by", "x", "-o", f"{place}/closed.json", place=place)
    digest = re.search(r"SHA-256 ([0-9a-f]{64})", signed)[1]
    check(digest in doc["signing"], f"signing.md: the example's SHA-256 is {digest}")

    lists = {"summary": ["summary", "2025-Q4", "--compare"], "series": ["series", "x", "views", "2025"], "entries": ["entries"],
             "records": ["record", "--list"], "pending": ["pending", "2025-Q4"], "gaps": ["gaps", "2025-Q4"],
             "status": ["status"], "verify": ["verify", "examples/published.csv"], "closings": ["close", "--list"]}
    for name, words in lists.items():
        fields = run(*words, "--format", "csv", ends=(0, 1), place=place).split("\r\n")[0].split(",")[1:]
        section = re.search(rf"^## metricsd\.{name}, version 1$(.*?)(?:^## |^\| `why` \| the day|\Z)", doc["formats"], re.M | re.S)[1]
        rows = re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", section, re.M)))
        check(fields == rows, f"formats.md, metricsd.{name}: {fields} are the fields, not {rows}")

    store = sqlite3.connect(f"file:{place}/metrics.db?mode=ro", uri=True)
    tables = dict(re.findall(r"^\| `(\w+)` \(([^)]*)\) \|", doc["data-model"], re.M))
    there = [row[0] for row in store.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")]
    check(sorted(there) == sorted(tables), f"data-model.md: other tables than {sorted(there)}")
    for name in there:
        columns = [row[1] for row in store.execute(f"PRAGMA table_info({name})")]
        told = tables.get(name, "").split(", ")
        check(told == columns or ("…" in told and set(told) - {"…"} <= set(columns)), f"data-model.md: {name} has {columns}")
    for query in re.findall(r"```sql\n(.*?)```", doc["data-model"], re.S):
        check(store.execute(query).fetchone(), f"data-model.md: nothing comes of {query}")
    store.close()

for words in wrong:
    print(words, file=sys.stderr)
print(f"{len(pages)} pages, {len(commands)} subcommands, {len(tests)} tests: {len(wrong)} wrong")
sys.exit(bool(wrong))
