#!/usr/bin/python3
"""Lets the disk fail under the real programs: full, broken, cut short, not synced, no descriptors, read-only; by a
library between them and the kernel, by limits of the process, by a small file system. Meanwhile the daemon collects and a
person enters. Then it heals. What was acknowledged is there once, what the daemon collects in the end is all there is, the
store is in order, no program died by a signal, and the log says what is wrong in words and once.

usage: disk.py BUILD SOURCE [--runs N] [--seed N] [--jobs N] [--only KIND]
"""
import argparse
import collections
import concurrent.futures
import json
import mmap
import os
import random
import re
import resource
import signal
import struct
import subprocess
import sys
import time

from place import Failure, Place, World, difference

KINDS = ["full", "broken", "short", "unsynced", "descriptors", "files", "read-only"]  # disk.c's, from 1 on
LIMITS = ["file size", "open files", "small file system"]
TOLD = "nothing is asked for meanwhile"
HEALED = "can be written again"
MONTHS = [f"2025-{month:02}" for month in range(1, 13)]


class Page:
    """What disk.c and faults/clock.c read, each its own: numbers under the names they have there."""

    def __init__(self, path, source):
        self.path = path
        with open(source) as file:
            self.fields = re.findall(r"_Atomic int64_t (\w+);", file.read())
        with open(path, "wb") as file:
            file.write(bytes(4096))
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 4096)

    def __getitem__(self, name):
        return struct.unpack_from("q", self.map, 8 * self.fields.index(name))[0]

    def __setitem__(self, name, value):
        struct.pack_into("q", self.map, 8 * self.fields.index(name), value)


class Run:
    def __init__(self, place, reference, seed, kind):
        self.place, self.reference, self.kind = place, reference, kind
        self.rng = random.Random(f"{seed} {kind}")
        self.acknowledged, self.doubtful = {}, {}
        self.hits = 0
        self.told_to_end = False
        self.counts = collections.Counter()
        place.clear()
        self.disk = Page(f"{place.path}/disk", f"{place.world.source}/tests/allocation/disk.c")
        self.clock = Page(f"{place.path}/clock", f"{place.world.source}/tests/faults/page.h")
        tests = f"{place.world.bin}/../tests"
        self.extra = {"LD_PRELOAD": f"{tests}/shim-disk.so", "DISK_PAGE": self.disk.path, "DISK_UNDER": place.state}
        # the daemon's wait for the disk need not be sat out
        self.daemon_extra = {**self.extra, "LD_PRELOAD": f"{tests}/shim-disk.so {tests}/faults-clock.so",
                             "METRICSD_FAULTS": self.clock.path}

    # --- trouble begins and ends ---

    def begin(self):
        """What is to be given to a process that has this trouble."""
        if self.kind in KINDS:
            self.disk["seed"] = self.rng.getrandbits(40)
            self.disk["permille"] = self.rng.choice([5, 30, 200])
            self.disk["after"] = self.rng.choice([0, self.rng.randrange(1, 60), self.rng.randrange(1, 400)])
            self.disk["trouble"] = 1 + KINDS.index(self.kind)
            return {}
        if self.kind == "file size":
            # the log is a file as well: its words have room
            most = self.rng.choice([1 << 14, self.rng.randrange(1 << 14, 1 << 16), self.rng.randrange(1 << 14, 1 << 19)])
            return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))}
        if self.kind == "open files":
            most = self.rng.randrange(3, 40)
            return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))}
        pages = self.rng.randrange(1, 130)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={pages * 4096},mode=0700", "tmpfs",
                                  self.place.state], capture_output=True, text=True)
        if mounted.returncode != 0:
            raise PermissionError(mounted.stderr.strip())
        return {}

    def heal(self, daemon):
        self.disk["trouble"] = 0
        self.hits = self.disk["hits"]
        if self.kind == "file size" and daemon.poll() is None:
            resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        if self.kind == "open files":
            self.told_to_end = self.place.end(daemon) == 0
        if self.kind == "small file system":
            subprocess.run(["mount", "-o", "remount,size=64m", self.place.state], check=True)

    # --- what is done meanwhile ---

    def person(self, limits):
        """Enters figures and reads; remembers what was acknowledged."""
        for month in self.rng.sample(MONTHS, 4):
            value = self.rng.randrange(1000)
            status, out, err = self.place.ctl("enter", "x", "views", month, str(value), extra=self.extra, **limits)
            self.judge("enter", status, err)
            (self.acknowledged if status == 0 else self.doubtful)[month] = value
        for words in (("summary", "2026-10"), ("status",)):
            status, out, err = self.place.ctl(*words, extra=self.extra, **limits)
            self.judge(words[0], status, err)

    def judge(self, what, status, err):
        self.counts[f"metricsctl {'does it' if status in (0, 1) else 'refuses in words'}"] += 1
        # 127: the loader itself had no descriptor for a library
        if status == 127 and "error while loading shared libraries" in err:
            return
        if status not in (0, 1, 3) or (status == 3 and not err.strip()):
            raise Failure(f"{what} ends with {status}: {err}")

    def ask(self, daemon):
        """Asks it to collect without waiting for the answer, which comes when it can."""
        door = self.place.connect(daemon)
        if door:
            try:
                door.sendall(json.dumps({"command": "collect"}).encode() + b"\n")
            except OSError:
                door.close()
                door = None
        return door

    @staticmethod
    def answer(door):
        if not door:
            return None
        with door, door.makefile("rb") as stream:
            try:
                lines = stream.readlines()
            except ConnectionError:
                return None
        return json.loads(lines[-1]) if lines else None

    def go(self):
        try:
            # at the start, or while it collects
            early = self.kind not in KINDS or self.rng.random() < 0.4
            self.live(early, self.begin() if early else {})
        finally:
            if os.path.ismount(self.place.state):
                subprocess.run(["umount", "-l", self.place.state], check=True)

    def live(self, early, limits):
        with self.place.daemon(self.daemon_extra, **limits) as daemon:
            door = self.ask(daemon)
            if not early:
                limits = self.begin()
            self.person(limits)
            self.heal(daemon)
            if daemon.poll() is None:
                self.recover(daemon, door)
            else:
                self.ended(daemon)
        self.clock["grace_ms"] = 0
        self.clock["offset_ns"] = 0
        with self.place.daemon() as daemon:
            answer = self.place.order(daemon, "collect")
            status = self.place.end(daemon)
        if not answer or answer.get("exit") != 0 or status != 0:
            raise Failure(f"afterwards: {answer}, ends with {status}: {self.place.log()[-600:]}")
        self.place.verify()
        self.compare()

    def recover(self, daemon, door):
        """It lives: by itself it goes on, without having been told that all is well again."""
        self.clock["until_ns"] = 1200 * 10**9
        self.clock["grace_ms"] = 30
        answer = self.answer(door)
        if answer is None:
            raise Failure(f"no answer: {self.place.log()[-600:]}")
        answer = self.place.order(daemon, "collect")
        if not answer or answer.get("exit") != 0:
            raise Failure(f"healed, and yet {answer}: {self.place.log()[-900:]}")
        status = self.place.end(daemon)
        if status != 0:
            raise Failure(f"the daemon ends with {status}: {self.place.log()[-600:]}")
        log = self.place.log()
        if log.count(TOLD) > log.count(HEALED) + 1:
            raise Failure(f"said more than once: {log}")
        self.counts["the daemon waits and goes on" if TOLD in log else "the daemon did not notice"] += 1

    def ended(self, daemon):
        log = self.place.log()
        if self.told_to_end:
            self.counts["the daemon goes on with what it has"] += 1
            return
        loader = daemon.returncode == 127 and "error while loading shared libraries" in log
        if not loader and (daemon.returncode != 3 or not re.search(r"^error: \S.+$|out of memory", log, re.M)):
            raise Failure(f"the daemon ends with {daemon.returncode}: {log[-600:]}")
        self.counts["the daemon ends with words"] += 1

    def compare(self):
        known = self.place.known()
        wanted = {name: self.reference[name] for name in ("samples", "items", "definitions", "revisions")}
        mine = [row for row in known["samples"] if row[0] == "simulada/x views manual"]
        known["samples"] = [row for row in known["samples"] if row not in mine]
        known["definitions"] = [row for row in known["definitions"] if row[0] != "simulada/x views manual"]
        words = difference(wanted, known)
        if words:
            raise Failure(f"afterwards: {words}")
        there = {f"{month}": row for month, row in ((self.month(row[1]), row) for row in mine)}
        if len(there) != len(mine):
            raise Failure(f"entered twice: {mine}")
        for month, value in self.acknowledged.items():
            if month not in there or there[month][3] != value:
                raise Failure(f"{month} {value} was acknowledged; there is {there.get(month)}")
        for month, row in there.items():
            if row[3] != {**self.doubtful, **self.acknowledged}.get(month):
                raise Failure(f"nobody entered {row}")

    @staticmethod
    def month(day):
        return time.strftime("%Y-%m", time.gmtime(day * 86400))


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("build")
    parser.add_argument("source")
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only")
    options = parser.parse_args()
    print(f"seed {options.seed}")
    kinds = [options.only] if options.only else KINDS + LIMITS
    totals = {kind: collections.Counter() for kind in kinds}
    failures = []
    with World(f"{options.build}/bin", options.source) as world:
        places = [Place(world, f"place{i}") for i in range(options.jobs)]
        with places[0].daemon() as daemon:
            places[0].order(daemon, "collect")
            places[0].end(daemon)
        reference = places[0].known()

        def one(number):
            kind = kinds[number % len(kinds)]
            place = places.pop()
            try:
                run = Run(place, reference, f"{options.seed} {number}", kind)
                run.go()
                totals[kind].update(runs=1, hits=run.hits)
                totals[kind].update(run.counts)
            except PermissionError as error:
                totals[kind]["skipped: " + str(error)] += 1
            except (Failure, subprocess.TimeoutExpired, OSError) as failure:
                failures.append(kind)
                print(f"FAILED: {kind}, run {number}: {failure}", flush=True)
            finally:
                places.append(place)

        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            list(pool.map(one, range(options.runs)))
    for kind, counts in totals.items():
        print(f"{kind}: {counts.pop('runs', 0)} runs, {counts.pop('hits', 0)} calls refused; "
              + ", ".join(f"{what} {count}" for what, count in sorted(counts.items())))
    if failures:
        print(f"{len(failures)} of {options.runs} FAILED; --seed {options.seed}")
        return 1
    print(f"{options.runs} runs: nothing acknowledged is lost, nothing is there twice, no program died")
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main())
