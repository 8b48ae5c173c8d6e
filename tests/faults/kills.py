#!/usr/bin/python3
"""kill -9, again and again, while the real metricsd collects and metricsctl imports and enters at once: what was acknowledged is
there, nothing is there twice, files are whole or not at all, and the figures are the truth."""
import contextlib
import datetime
import os
import random
import subprocess
import sys
import threading
import time

from installation import Account, Installation, fail, run

INSTALLATIONS = 4  # side by side
ROWS = 12          # of a file that is imported
FIRST = datetime.date(2009, 1, 1)
HOURS = 8  # that pass in each round


class Killed(threading.Thread):
    """One installation, killed so many times."""

    def __init__(self, build, seed, rounds):
        super().__init__()
        self.place = Installation(build, seed, people=150)
        self.random = random.Random(seed)
        self.rounds, self.failure = rounds, None
        self.entries, self.files = {}, {}  # what was asked for: whether it was acknowledged
        self.killed = {"collecting": 0, "importing": 0, "entering": 0}
        self.cut_off = 0  # sweeps that were under way when it was killed

    def set_up(self):
        place = self.place
        place.accounts = [Account(collector, 0, "", token) for collector, token in
                          (("facebook", "meta"), ("instagram", "meta"), ("matomo", "matomo"))]
        place.entered = ['{ id = "people"; collector = "manual"; entered = ["views"]; }',
                         '{ id = "files"; collector = "manual"; entered = ["visits"]; }']
        upstream = place.start_simulator("--latency-ms", "8", "--page-limit", "10")
        for account in place.accounts:
            account.door = f"http://127.0.0.1:{upstream}"
        place.configure()

    def end(self, process, what, wait_s, kills):
        """Lets it run so long, or to its end: whether it was acknowledged."""
        try:
            said, _ = process.communicate(timeout=wait_s if kills else 30)
        except subprocess.TimeoutExpired:  # it is at work
            process.kill()
            process.communicate()
            self.killed[what] += 1
            return False
        if process.returncode != 0:
            fail(f"{what} ends with {process.returncode}: {said}")
        return True

    def write_rows(self, number):
        first = FIRST + datetime.timedelta(number * ROWS)
        rows = "".join(f"{first + datetime.timedelta(i)},files,visits,{1000 + number}\n" for i in range(ROWS))
        return self.place.write(f"rows-{number}.csv", "period,account,metric,value\n" + rows)

    def round(self, number):
        place, chance = self.place, self.random
        place.page.put("offset_ns", place.page.offset_ns + HOURS * 3600 * 10**9)
        day = FIRST + datetime.timedelta(number)
        began = time.monotonic()
        place.spawn_daemon()
        daemon = place.daemon
        importing = place.spawn_ctl("import", self.write_rows(number))
        entering = place.spawn_ctl("enter", "people", "views", str(day), str(5000 + number))
        # half of them may end; the daemon never
        self.entries[number] = self.end(entering, "entering", chance.uniform(0.01, 0.06), chance.random() < 0.5)
        self.files[number] = self.end(importing, "importing", chance.uniform(0.0, 0.04), chance.random() < 0.5)
        time.sleep(max(0.0, began + chance.uniform(0.02, 0.12) - time.monotonic()))
        place.alive()
        with contextlib.suppress(OSError, ValueError):  # it may not have come so far
            self.cut_off += len(place.status()[0]["running"])
        daemon.kill()
        daemon.wait()
        place.daemon = None
        self.killed["collecting"] += 1

    def run(self):
        try:
            self.set_up()
            for number in range(self.rounds):
                self.round(number)
                if number % 25 == 24:
                    self.place.check_store()
            self.found = self.judge()
        except Exception as failure:  # told by the main thread
            self.failure = failure

    def judge(self):
        place = self.place
        place.start_daemon()
        place.hurry()
        place.collect_all()
        place.dawdle()
        place.stop_daemon()
        place.check_store()
        samples = "SELECT s.day, s.value FROM sample s JOIN series r ON r.id = s.series WHERE r.metric = ? AND r.source = ?"
        epoch = datetime.date(1970, 1, 1)
        entered = place.sql(samples, "views", "manual")
        imported = place.sql(samples, "visits", "csv")
        for kind, rows, asked, days in (("entry", entered, self.entries, 1), ("file", imported, self.files, ROWS)):
            there = {}
            for day, value in rows:
                number = ((epoch + datetime.timedelta(day)) - FIRST).days // days
                if value != {"entry": 5000, "file": 1000}[kind] + number:
                    fail(f"{kind} {number} says {value}")
                there[number] = there.get(number, 0) + 1
            for number, acknowledged in asked.items():
                count = there.pop(number, 0)
                if count not in (0, days) or (acknowledged and count == 0):
                    fail(f"{kind} {number}, {'acknowledged' if acknowledged else 'cut off'}: {count} of {days} numbers are there")
            if there:
                fail(f"nobody asked for {kind} {there}")
        revised = place.sql("SELECT count(*) FROM revision v JOIN series r ON r.id = v.series WHERE r.source IN ('manual', 'csv')")
        if revised[0][0]:
            fail(f"{revised[0][0]} numbers of people were revised")
        found = place.against_truth(place.months()[0], complete=True)
        place.no_secret()
        return found, len(entered), len(imported)


def part(build, seed, long):
    rounds = int(os.environ.get("FAULTS_KILLS", "2000" if long else "500"))
    began = time.monotonic()
    killed = [Killed(build, seed * 100 + i, rounds // INSTALLATIONS) for i in range(INSTALLATIONS)]
    for one in killed:
        one.start()
    for one in killed:
        one.join()
    for one in killed:
        one.place.__exit__(one.failure and type(one.failure))
    for one in killed:
        if one.failure:
            raise one.failure
    totals = {what: sum(one.killed[what] for one in killed) for what in killed[0].killed}
    kept = [sum(list(getattr(one, name).values()).count(True) for one in killed) for name in ("entries", "files")]
    print(f"killed while collecting {totals['collecting']} times ({sum(one.cut_off for one in killed)} sweeps were under way), "
          f"importing {totals['importing']}, entering {totals['entering']}, in {time.monotonic() - began:.0f} s")
    print(f"acknowledged: {kept[0]} entries and {kept[1]} files, all there; there are {sum(one.found[1] for one in killed)} entries "
          f"and {sum(one.found[2] for one in killed) / ROWS:g} files, each once and whole; figures: {[one.found[0] for one in killed]}")


if __name__ == "__main__":
    sys.exit(run(part))
