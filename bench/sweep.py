#!/usr/bin/python3
"""The same sweep as a script would do it: aiohttp, json and sqlite3 of Debian's Python.

usage: sweep.py [-k TRANSFERS] [-a DOCUMENTS] [-d DATABASE] [-c CA_FILE] BASE FILE

FILE names the documents, one a line, DOCUMENTS (3) in a row being of one account. Every (name, end_time, value)
becomes a row (day, series), all in one transaction. Prints what it cost as JSON.
"""
import argparse
import asyncio
import datetime
import json
import resource
import sqlite3
import ssl
import time

import aiohttp
import yarl

EPOCH = datetime.date(1970, 1, 1)
UPSERT = (
    "INSERT INTO sample(day, series, value) VALUES(?, ?, ?) "
    "ON CONFLICT DO UPDATE SET value = excluded.value WHERE value <> excluded.value"
)


class Sweep:
    def __init__(self, options):
        self.options = options
        self.names = {}
        self.rows = self.done = self.failed = 0
        self.database = None
        if options.database:
            self.database = sqlite3.connect(options.database, isolation_level=None)
            self.database.executescript(
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                "CREATE TABLE IF NOT EXISTS sample(day INTEGER NOT NULL, series INTEGER NOT NULL,"
                " value INTEGER NOT NULL, PRIMARY KEY(day, series)) WITHOUT ROWID; BEGIN"
            )

    def take(self, number, body):
        account = number // self.options.documents
        rows = []
        for metric in json.loads(body)["data"]:
            if "values" not in metric:
                continue
            series = account * 12 + self.names.setdefault(metric["name"], len(self.names))
            for point in metric["values"]:
                if isinstance(point["value"], int):
                    day = (datetime.date.fromisoformat(point["end_time"][:10]) - EPOCH).days
                    rows.append((day, series, point["value"]))
        self.rows += len(rows)
        if self.database:
            self.database.executemany(UPSERT, rows)

    async def work(self, session, documents):
        for number, path in documents:
            # the addresses stand as they must be sent
            async with session.get(yarl.URL(self.options.base + path, encoded=True)) as answer:
                body = await answer.read()
                if answer.status == 200:
                    self.take(number, body)
                else:
                    self.failed += 1
                self.done += 1

    async def run(self, paths):
        context = ssl.create_default_context(cafile=self.options.ca) if self.options.ca else None
        connector = aiohttp.TCPConnector(limit=self.options.transfers, ssl=context)
        documents = iter(enumerate(paths))
        async with aiohttp.ClientSession(connector=connector) as session:
            await asyncio.gather(*(self.work(session, documents) for _ in range(self.options.transfers)))
        if self.database:
            self.database.execute("COMMIT")
            self.database.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-k", dest="transfers", type=int, default=16)
    parser.add_argument("-a", dest="documents", type=int, default=3)
    parser.add_argument("-d", dest="database")
    parser.add_argument("-c", dest="ca")
    parser.add_argument("base")
    parser.add_argument("file")
    options = parser.parse_args()
    with open(options.file, encoding="ascii") as file:
        paths = file.read().split()
    start, began = time.process_time(), time.monotonic()
    sweep = Sweep(options)
    asyncio.run(sweep.run(paths))
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "requests": sweep.done,
                "failed": sweep.failed,
                "rows": sweep.rows,
                "wall": round(time.monotonic() - began, 4),
                "cpu": round(time.process_time() - start, 4),
                "start_cpu": round(start, 4),
                "peak_kib": usage.ru_maxrss,
            }
        )
    )
    return 1 if sweep.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
