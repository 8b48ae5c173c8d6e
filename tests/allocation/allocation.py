#!/usr/bin/python3
"""Lets memory run out everywhere: in each place of metricsd, metricsctl and their libraries that asks for some, and at
random moments. From the request on that fails all others fail too. The program must end by itself with status 3 and one
line; then the store is verified, the same is done again with memory, and what is known must be what it would have been.

At last the address space is limited in steps, as a machine that has no more would.

usage: allocation.py BUILD SOURCE [--places N|all] [--random N] [--limits N] [--seed N] [--jobs N] [--only daemon|NAME]
"""
import argparse
import collections
import concurrent.futures
import glob
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import time

from place import Failure, NOW, Place, World, difference, seconds, write

LINE = re.compile(r"(<3>)?(metricsd|metricsctl): out of memory: it ends; what was acknowledged is stored\n")
ENDS = 3
TRIES = 8
OUTPUTS = "out.*"


class Site:
    """A place that asks: who first reached it, and when."""

    def __init__(self, life, words):
        self.life, self.place, self.nth, self.chain = life, words[0], int(words[1]), words[3:]


class Life:
    """A program's life from its start to its end, which memory may cut short."""

    def __init__(self, name, program):
        self.name, self.program = name, program
        self.requests = 0
        self.sites = []

    def environment(self, place, **more):
        shim = f"{place.world.bin}/../tests/shim-allocation.so"
        return {"LD_PRELOAD": shim, "ALLOCATION_PROGRAM": self.program, "ALLOCATION_TOLD": f"{place.path}/told", **more}

    def record(self, place):
        sites = f"{place.path}/sites"
        self.prepare(place)
        status, err = self.live(place, self.environment(place, ALLOCATION_SITES=sites))
        if status not in self.well:
            raise Failure(f"{self.name}: ends with {status} when nothing fails: {err}")
        with open(sites) as file:
            self.sites = [Site(self, line.split()) for line in file]
        os.unlink(sites)
        self.requests = int(self.told(place)[1])
        self.after(place)

    @staticmethod
    def told(place):
        """What the shim says: the request that failed first, or none."""
        path = f"{place.path}/told"
        with open(path) as file:
            words = file.readline().split()
        os.unlink(path)
        return words

    def fail(self, place, **how):
        """One life in which memory runs out. Whether it did."""
        self.prepare(place)
        status, err = self.live(place, self.environment(place, **how))
        told = self.told(place)
        if told[0] == "0x" + "0" * 16:
            return False
        lines = [line for line in err.splitlines(keepends=True) if "out of memory" in line]
        if status != ENDS or len(lines) != 1 or not LINE.fullmatch(lines[0]):
            raise Failure(f"ends with {status}, said: {err[-400:]!r}; chain {' '.join(told[3:])}")
        try:
            place.verify()
            self.mend(place)
        except Failure as failure:
            raise Failure(f"{failure}; chain {' '.join(told[3:])}")
        return True


    def limit(self, place, most):
        """One life in so much address space: what the kernel refuses is not only what malloc() asks for. How it ended."""
        self.prepare(place)
        status, err = self.live(place, {}, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most)))
        loader = status == 127 and "error while loading shared libraries" in err
        if not loader and status not in (*self.well, ENDS) or (status == ENDS and not err.strip()):
            raise Failure(f"ends with {status}, said: {err[-400:]!r}")
        place.verify()
        self.mend(place)
        return "not loaded" if loader else "ended by itself" if "out of memory" in err else \
            "refused in words" if status == ENDS else "enough"


def least(path):
    """The least address space in which a program can be loaded, in steps of 32 KiB."""
    low, high = 0, 4096 << 5
    while low + 1 < high:
        most = (low + high) // 2 << 15
        done = subprocess.run([path, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most)))
        low, high = (low, most >> 15) if done.returncode == 0 else (most >> 15, high)
    return high << 15


class Daemon(Life):
    well = (0,)

    def __init__(self):
        super().__init__("daemon", "metricsd")
        self.known = None

    def prepare(self, place):
        place.clear()

    def live(self, place, extra, **more):
        with place.daemon(extra, **more) as daemon:
            for command in ("collect", "check", "reload", "status"):
                if place.order(daemon, command) is None:
                    break
            status = place.end(daemon)
        return status, place.log()

    def after(self, place):
        self.known = place.known()

    def mend(self, place):
        """Again, with memory: nothing is lost and nothing is there twice."""
        with place.daemon() as daemon:
            answer = place.order(daemon, "collect")
            status = place.end(daemon)
        if not answer or answer.get("exit") != 0 or status != 0:
            raise Failure(f"afterwards: {answer}, ends with {status}: {place.log()[-400:]}")
        place.verify()
        words = difference(self.known, place.known())
        if words:
            raise Failure(f"afterwards: {words}")


class Command(Life):
    """A metricsctl on a store in which there is everything."""

    well = (0, 1, 2)  # Nagios has two

    def __init__(self, name, *words, again=None):
        super().__init__(name, "metricsctl")
        self.words = words
        self.again = again  # the statuses of the same once more
        self.known = self.before = self.files = None
        self.status = 0

    def prepare(self, place):
        shutil.rmtree(place.state)
        shutil.copytree(f"{place.world.path}/base", place.state)
        for path in glob.glob(f"{place.path}/{OUTPUTS}"):
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)

    def live(self, place, extra, **more):
        status, self.out, err = place.ctl(*self.words, extra=extra, **more)
        return status, err

    @staticmethod
    def outputs(place):
        return {os.path.relpath(path, place.path): os.path.getsize(path) for path in glob.glob(f"{place.path}/{OUTPUTS}")}

    def after(self, place):
        self.known = place.known()
        self.files = self.outputs(place)
        self.prepare(place)
        self.before = place.known()
        self.status, self.said, _ = place.ctl(*self.words)

    def mend(self, place):
        """All or nothing; and what it said is there is. Again, it is there once."""
        there = place.known()
        if there not in (self.before, self.known):
            raise Failure(f"half of it is stored: {difference(self.known, there)}")
        if self.changes() and self.out.strip() and there == self.before:
            raise Failure(f"acknowledged and not there: {self.out}")
        for name, size in self.outputs(place).items():
            if name in self.files and self.is_cut(f"{place.path}/{name}", size, self.files[name]):
                raise Failure(f"{name} has {size} bytes, the whole of it {self.files[name]}")
        status, out, err = place.ctl(*self.words)
        if status not in (self.status, *(self.again or ())):
            raise Failure(f"afterwards it ends with {status}: {out} {err}")
        place.verify()
        words = difference(self.known, place.known())
        if words:
            raise Failure(f"afterwards: {words}")
        # a folder half made has a name nobody else has, and stays
        there = {name for name in self.outputs(place) if not re.search(r"\.\w{6}$", name) or name in self.files}
        if status == self.status and there != set(self.files):
            raise Failure(f"afterwards there are {there}, wanted {self.files}")

    @staticmethod
    def is_cut(path, size, whole):
        """A folder and a database come to be in steps of their own; of a file there is all or nothing."""
        return os.path.isfile(path) and not path.endswith(".db") and abs(size - whole) > 64

    def changes(self):
        return self.before != self.known


def base(world):
    """The store that commands find: collected, typed, imported, recorded, closed."""
    place = Place(world, "first")
    with place.daemon() as daemon:
        place.order(daemon, "collect")
        place.end(daemon)
    place.must("enter", "x", "views", "2026-08", "1200", "--evidence", "https://example.org/e.png", "--note", "visto")
    place.must("enter", "x", "posts", "2026-08", "31")
    place.must("record", "event", "--date", "2026-08-03", "--title", "Feria", "--attendees", "120")
    place.must("backup", world.file("backup.db"))
    place.must("record", "event", "--date", "2026-08-05", "--title", "Visita", "--attendees", "9")
    place.must("close", "2026-08", "--by", "ana", "--anyway")
    shutil.copytree(place.state, f"{world.path}/base")
    write(world.file("figures.csv"), "period,account,metric,value\n2026-09,x,views,2106\n2026-09,x,posts,12\n")
    write(world.file("events.csv"), "date,event,responsible,attendees\n2026-09-06,Charla,Unidad,45\n"
          "2026-09-17,Capacitación,Colectivos,\n")
    write(world.file("published.csv"), "period,account,metric,value\n2026-08,x,views,1200\n2026-08,x,posts,30\n")
    return place


def commands(world):
    fixtures = f"{world.source}/tests/fixtures"
    definition = f"{world.source}/etc/reports/mensual.conf"
    return [
        Command("enter", "enter", "x", "views", "2026-09", "2106", "--evidence", "https://example.org/e.png", "--note", "según la pantalla"),
        Command("withdraw", "withdraw", "51", again=(2,)),
        Command("import csv", "import", world.file("figures.csv")),
        Command("import mbs", "import", f"{fixtures}/import/Visitas.csv", "--account", "antes"),
        Command("record", "record", "event", "--date", "2026-09-03", "--title", "Audiencia", "--attendees", "40"),
        Command("record file", "record", "events", "--from", world.file("events.csv")),
        Command("close", "close", "2026-09", "--by", "ana", "--note", "acta", "--anyway", "-o", "out.closed",
                again=(2,)),
        Command("reopen", "reopen", "2026-08", "--by", "ana", "--why", "error", again=(1, 2, 3)),
        Command("summary", "summary", "2026-Q3"),
        Command("summary csv", "summary", "2026-10", "--format", "csv"),
        Command("summary json", "summary", "2026-10", "--format", "json"),
        Command("series", "series", "facebook", "visits", "2026-10"),
        Command("explain", "explain", "facebook", "visits", "2026-10"),
        Command("explain typed", "explain", "x", "views", "2026-08", "--format", "json"),
        Command("entries", "entries"),
        Command("pending", "pending", "2026-09"),
        Command("reconcile", "reconcile", "2026-08"),
        Command("verify", "verify", world.file("published.csv")),
        Command("status", "status"),
        Command("status json", "status", "--format", "json"),
        Command("accounts", "accounts"),
        Command("check", "check"),
        Command("plan", "plan"),
        Command("record list", "record", "--list"),
        Command("report html", "report", "2026-08", "--definition", definition, "-o", "out.html"),
        Command("report xlsx", "report", "2026-08", "--definition", definition, "-o", "out.xlsx"),
        Command("report md", "report", "2026-08", "--definition", definition, "-o", "out.md"),
        Command("chart svg", "chart", "facebook", "visits", "2026-10", "-o", "out.svg"),
        Command("chart png", "chart", "facebook", "visits", "2026-10", "-o", "out.png"),
        Command("export", "export", "2026-08", "--open-data", "out.data"),
        Command("evidence", "export", "2026-08", "--definition", definition, "--evidence", "out.evidence"),
        Command("publish", "publish", "-o", "out.db"),
        Command("gaps", "gaps", "2026-09"),
        Command("alerts", "alerts"),
        Command("status nagios", "status", "--nagios"),
        Command("status prometheus", "status", "--format", "prometheus", "-o", "out.prom"),
        Command("backup", "backup", "out.backup.db", "--force"),
        Command("restore", "restore", world.file("backup.db"), again=(0, 1)),
    ]


class Runner:
    def __init__(self, world, jobs):
        self.places = [Place(world, f"place{i}") for i in range(jobs)]
        self.pool = concurrent.futures.ThreadPoolExecutor(jobs)
        self.failures = []

    def one(self, job):
        life, what, how = job
        place = self.places.pop()
        try:
            return life.copy().limit(place, how) if isinstance(how, int) else life.copy().fail(place, **how)
        except (Failure, subprocess.TimeoutExpired, OSError) as failure:
            self.failures.append(f"{life.name}, {what}: {failure}")
            print(f"FAILED: {self.failures[-1]}", flush=True)
            return True
        finally:
            self.places.append(place)

    def all(self, jobs):
        return list(self.pool.map(self.one, jobs))


def copy(life):
    other = object.__new__(type(life))
    other.__dict__.update(life.__dict__)
    return other


Life.copy = copy


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("build")
    parser.add_argument("source")
    parser.add_argument("--places", default="all")
    parser.add_argument("--random", type=int, default=500)
    parser.add_argument("--limits", type=int, default=100)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    print(f"seed {options.seed}")
    with World(f"{options.build}/bin", options.source) as world:
        place = base(world)
        lives = [Daemon(), *commands(world)]
        if options.only:
            lives = [life for life in lives if life.name == options.only]
        sites = {}
        for life in lives:
            life.record(place)
            fresh = [site for site in life.sites if site.place not in sites]
            sites.update({site.place: site for site in fresh})
            print(f"{life.name}: {life.requests} requests for memory in {len(life.sites)} places, {len(fresh)} of them"
                  " met for the first time", flush=True)
        chosen = list(sites.values())
        if options.places != "all":
            chosen = rng.sample(chosen, min(int(options.places), len(chosen)))
        jobs = [(site.life, f"place {site.place}",
                 {"ALLOCATION_FAIL_SITE": site.place, "ALLOCATION_FROM": str(site.nth // 2)}) for site in chosen]
        runner = Runner(world, options.jobs)
        met = 0
        for _ in range(TRIES):  # whether some places are met depends on what comes first from the network
            hits = runner.all(jobs)
            met += sum(hits)
            jobs = [(life, what, {**how, "ALLOCATION_FROM": "0"}) for (life, what, how), hit in zip(jobs, hits) if not hit]
        for _, what, _ in jobs:
            print(f"not met again: {what}")
        print(f"{len(sites)} places, {len(chosen)} tried, {met} failed in", flush=True)
        jobs = []
        for i in range(options.random):
            life = lives[0] if i % 2 else rng.choice(lives)
            nth = rng.randint(1, life.requests)
            jobs.append((life, f"request {nth}", {"ALLOCATION_FAIL_AT": str(nth)}))
        hit = sum(runner.all(jobs))
        print(f"{options.random} random requests, {hit} failed in", flush=True)
        jobs = []
        floors = {program: least(f"{world.bin}/{program}") for program in ("metricsd", "metricsctl")}
        for i in range(options.limits):
            life = lives[0] if i % 2 else rng.choice(lives)
            most = floors[life.program] + rng.choice([rng.randrange(1 << 20), rng.randrange(4 << 20)])
            jobs.append((life, f"limit {most}", most))
        ways = collections.Counter(str(way) for way in runner.all(jobs))
        print(f"{options.limits} limits of the address space: "
              + ", ".join(f"{way} {count}" for way, count in sorted(ways.items())))
        if runner.failures:
            print(f"{len(runner.failures)} FAILED; --seed {options.seed}")
            return 1
        print("each ended with status 3 and its one line; nothing lost, nothing doubled")
    return 0


if __name__ == "__main__":
    sys.exit(main())
