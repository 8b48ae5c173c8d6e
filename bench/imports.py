"""A million figures from a file: metricsctl import beside the sqlite3 shell's own .import plus one INSERT...SELECT."""
import datetime
import os
import random

ROWS_DAYS, ROWS_ACCOUNTS, METRICS = 6250, 40, ("posts", "views", "visits", "followers")
ROWS = ROWS_DAYS * ROWS_ACCOUNTS * len(METRICS)
FIRST = datetime.date(2009, 1, 1)

# what the shell fills: the tables of metricsd's numbers, with the names of accounts and metrics looked up once
SHELL = """PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE account (id INTEGER PRIMARY KEY, name TEXT UNIQUE) STRICT;
CREATE TABLE series (account INTEGER, metric TEXT, id INTEGER, PRIMARY KEY (account, metric)) STRICT, WITHOUT ROWID;
CREATE TABLE sample (day INTEGER NOT NULL, series INTEGER NOT NULL, days INTEGER NOT NULL, value INTEGER NOT NULL,
  origin INTEGER NOT NULL, below INTEGER NOT NULL, above INTEGER NOT NULL, flags INTEGER NOT NULL,
  PRIMARY KEY (day, series, days)) STRICT, WITHOUT ROWID;
CREATE TABLE raw (period TEXT, account TEXT, metric TEXT, value TEXT);
.import --csv --skip 1 {file} raw
INSERT INTO account (name) SELECT DISTINCT account FROM raw;
INSERT INTO series SELECT a.id, m.metric, row_number() OVER () FROM account a, (SELECT DISTINCT metric FROM raw) m;
INSERT INTO sample SELECT CAST(julianday(r.period) - 2440587.5 AS INTEGER), s.id, 1, CAST(r.value AS INTEGER), 1, 0, 0, 0
  FROM raw r JOIN account a ON a.name = r.account JOIN series s ON s.account = a.id AND s.metric = r.metric;
SELECT count(*) FROM sample;
"""


def write_file(path):
    numbers = random.Random(1)
    with open(path, "w", encoding="ascii") as file:
        file.write("period,account,metric,value\n")
        for i in range(ROWS_DAYS):
            day = FIRST + datetime.timedelta(i)
            file.writelines(f"{day},a{account},{metric},{numbers.randrange(100000)}\n"
                            for account in range(ROWS_ACCOUNTS) for metric in METRICS)


def write_config(directory):
    path = os.path.join(directory, "metricsd.conf")
    entered = ", ".join(f'"{metric}"' for metric in METRICS)
    accounts = ",\n".join(f'{{ id = "a{i}"; collector = "manual"; entered = [{entered}]; }}' for i in range(ROWS_ACCOUNTS))
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'state_directory = "{directory}";\ncontrol = "{directory}/control";\n'
                   'entities: ( { id = "office"; name = "Office"; zone = "America/Bogota"; language = "en";\n'
                   f"accounts: ( {accounts} ); }} );\n")
    return path


def remove(path):
    for end in ("", "-wal", "-shm"):
        if os.path.exists(path + end):
            os.remove(path + end)


def part_import(bench, run, median, failure):
    directory = os.path.join(bench.work, "import")
    os.makedirs(directory, exist_ok=True)
    source = os.path.join(directory, "million.csv")
    if not os.path.exists(source):
        write_file(source)
    config = write_config(directory)
    shell_database, database = os.path.join(directory, "shell.db"), os.path.join(directory, "metrics.db")
    walls = {"shell": [], "import": [], "again": []}
    for turn in range(4):
        remove(shell_database)
        remove(database)
        said, _, shell = run(["sqlite3", shell_database], input=SHELL.format(file=source).encode())
        if said.split()[-1] != str(ROWS):
            raise failure(f"the shell kept {said.split()[-1]} rows")
        ctl = [bench.program("metricsctl"), "-c", config, "import", source]
        said, _, first = run(ctl)
        if f"{ROWS} new figures" not in said:
            raise failure(f"import said {said}")
        said, _, second = run(ctl)
        if f"{ROWS} as they were" not in said:
            raise failure(f"the second import said {said}")
        if turn > 0:
            for name, wall in zip(walls, (shell, first, second)):
                walls[name].append(wall)
    shell, first = median(walls["shell"]), median(walls["import"])
    bench.table.add("import", "sqlite3: .import of 1 million rows, INSERT ... SELECT", f"{shell:.2f} s, {ROWS / shell:,.0f} rows/s")
    bench.table.add("import", "metricsctl import of the same file", f"{first:.2f} s, {shell / first:.2f} of the rate",
                    ">= 0.33 of the rate", shell / first >= 1 / 3)
    bench.table.add("import", "... again: nothing new", f"{median(walls['again']):.2f} s")
    remove(shell_database)
    remove(database)
