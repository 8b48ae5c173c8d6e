"""A whole installation on loopback: metricsd-sim, the proxy before it, metricsd and metricsctl, each the real program, on
one clock that the test turns (page.h), and the truth its figures are held against."""
import calendar
import contextlib
import csv
import datetime
import io
import json
import mmap
import os
import random
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time

DAY = 86400
START = calendar.timegm((2026, 3, 12, 15, 0, 0))  # virtual time at which each installation begins
PAGE, INSTAGRAM = 104000000000001, 17841400000000001
SETTLED = 28


class Failure(Exception):
    pass


def fail(words):
    raise Failure(words)


class Page:
    """What the programs share, page.h."""
    NAMES = ("offset_ns", "base_ns", "until_ns", "grace_ms", "busy", "turns", "descriptors", "threads", "resident", "skipped")

    def __init__(self, path):
        with open(path, "wb") as file:
            file.write(bytes(4096))
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 4096)

    def __getattr__(self, name):
        return struct.unpack_from("q", self.memory, 8 * self.NAMES.index(name))[0]

    def put(self, name, value):
        struct.pack_into("q", self.memory, 8 * self.NAMES.index(name), int(value))


class Proxy:
    def __init__(self, build, env):
        self.process = subprocess.Popen([os.path.join(build, "tests", "faults-proxy")], env=env, text=True, bufsize=1,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def say(self, *words):
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline().strip()
        if not line or line.startswith("error"):
            fail(f"proxy: {words}: {line}")
        return line

    def door(self, name, kind, upstream):
        return int(self.say("door", name, kind, upstream).split()[1])

    def rule(self, name, kind="none", argument=0, when="all", number=1, seed=1):
        self.say("rule", name, kind, argument, when, number, seed)

    def saw(self, name):
        return dict(zip(("connections", "requests", "bytes", "secrets"), map(int, self.say("saw", name).split())))

    def counts(self):
        self.process.stdin.write("counts\n")
        self.process.stdin.flush()
        counts = {}
        while line := self.process.stdout.readline().strip():
            kind, number = line.split()
            counts[kind] = int(number)
        return counts

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)


class Account:
    """One account of the configuration; `door` is the address it is asked at."""

    def __init__(self, collector, number, door, token):
        self.collector, self.door, self.token = collector, door, token
        self.id = f"{collector[:2]}{number}"
        self.provider = str({"facebook": PAGE, "instagram": INSTAGRAM, "matomo": 1}[collector] + number)

    def lines(self):
        name = {"facebook": "page", "instagram": "user", "matomo": "site"}[self.collector]
        return (f'{{ id = "{self.id}"; collector = "{self.collector}"; {name} = "{self.provider}"; base = "{self.door}"; '
                f'token = "{self.token}"; }}')


class Installation:
    def __init__(self, build, seed=1, people=300):
        self.build, self.bin, self.seed, self.people = build, os.path.join(build, "bin"), seed, people
        self.directory = tempfile.mkdtemp(prefix="metricsd-network-")
        self.page = Page(os.path.join(self.directory, "page"))
        for name in ("offset_ns", "base_ns"):
            self.page.put(name, (START - time.time()) * 1e9)
        self.token = "".join(random.SystemRandom().choices("0123456789abcdef", k=32))
        self.env = {"PATH": os.environ["PATH"], "METRICSD_FAULTS": os.path.join(self.directory, "page"), "HOME": "/nonexistent"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                self.env[name] = os.environ[name]
        self.env["ASAN_OPTIONS"] = self.env.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        self.on_clock = {**self.env, "LD_PRELOAD": os.path.join(build, "tests", "faults-clock.so")}
        self.accounts, self.sim, self.daemon, self.proxy, self.port = [], None, None, None, None
        self.entered = []  # accounts of people
        with open(os.path.join(self.bin, "metricsd"), "rb") as file:
            self.sanitized = b"__asan_init" in file.read()  # memory is kept back to find who uses it when freed
        self.http = {}
        self.top = ""
        os.mkdir(os.path.join(self.directory, "state"), 0o700)
        self.write("token", self.token + "\n")

    # --- files

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text, mode=0o600):
        path = self.path(name)
        with open(path + ".new", "wb" if isinstance(text, bytes) else "w") as file:
            file.write(text)
        os.chmod(path + ".new", mode)
        os.rename(path + ".new", path)
        return path

    def read(self, name):
        try:
            with open(self.path(name), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def configure(self):
        tokens = sorted({account.token for account in self.accounts})
        kinds = {token: "bearer" if token.startswith("matomo") else "system-user" for token in tokens}
        http = " ".join(f"{name} = {json.dumps(value)};" for name, value in self.http.items())
        lines = [account.lines() for account in self.accounts] + self.entered
        self.write("metricsd.conf", f'''state_directory = "{self.path("state")}";
control = "{self.path("control")}";
publish = false;
{self.top}
schedule: {{ spread_minutes = 30; }};
http: {{ {http} }};
tokens: ( {", ".join(f'{{ id = "{t}"; kind = "{kinds[t]}"; file = "{self.path("token")}"; }}' for t in tokens)} );
entities: ( {{ id = "simulada"; name = "Simulada"; zone = "America/Bogota"; language = "en"; notice = "SIMULATED";
accounts: (
{(","+chr(10)).join(lines)}
); }} );
''')

    # --- programs

    def world(self):
        count = 1 + max((int(account.id[2:]) for account in self.accounts), default=0)
        words = ["--seed", str(self.seed), "--people", str(self.people), "--page", f"{PAGE}+{count}",
                 "--instagram", f"{INSTAGRAM}+{count}", "--settle-days", "3"]
        for i in range(1 + count):
            words += ["--matomo", f"{1 + i}:America/Bogota"]
        return words

    def start_simulator(self, *options):
        self.token_words = ["--token", self.token, "--matomo-token", self.token]
        self.sim = subprocess.Popen([os.path.join(self.bin, "metricsd-sim"), *self.world(), *self.token_words, *options],
                                    env=self.on_clock, stdout=subprocess.PIPE, text=True)
        self.port = int(self.sim.stdout.readline().split()[-1])
        return self.port

    def start_proxy(self):
        self.proxy = Proxy(self.build, self.env)
        self.proxy.say("secret", self.token)
        return self.proxy

    def spawn_daemon(self):
        with contextlib.suppress(FileNotFoundError):
            os.remove(self.path("control"))
        with open(self.path("metricsd.log"), "a", encoding="utf-8") as log:
            self.daemon = subprocess.Popen([os.path.join(self.bin, "metricsd"), "-c", self.path("metricsd.conf")],
                                           env=self.on_clock, stderr=log)

    def start_daemon(self):
        self.spawn_daemon()
        self.await_that(lambda: os.path.exists(self.path("control")), "the daemon's control socket")

    def stop_daemon(self):
        self.daemon.terminate()
        ends = self.daemon.wait(30)
        self.daemon = None
        if ends != 0:
            fail(f"the daemon ends with {ends}")

    def spawn_ctl(self, *words, **more):
        return subprocess.Popen([os.path.join(self.bin, "metricsctl"), "-c", self.path("metricsd.conf"), *words],
                                env=self.on_clock, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)

    def ctl(self, *words, wait=120):
        process = self.spawn_ctl(*words)
        said, _ = process.communicate(timeout=wait)
        return process.returncode, said

    def alive(self):
        if self.daemon.poll() is not None:
            fail(f"the daemon ended with {self.daemon.returncode}")

    def status(self):
        """What the loop itself says, and how long that took."""
        began = time.monotonic()
        with socket.socket(socket.AF_UNIX) as stream:
            stream.settimeout(20)
            stream.connect(self.path("control"))
            stream.sendall(b'{"command":"status"}\n')
            answer = stream.makefile().readline()
        return json.loads(answer), time.monotonic() - began

    def cpu(self):
        with open(f"/proc/{self.daemon.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def await_that(self, holds, what, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if holds():
                return
            if self.daemon:
                self.alive()
            time.sleep(0.005)
        fail(f"not within {seconds} s: {what}")

    def at_rest(self):
        """Nothing is under way, and what the loop says of its process was looked at since."""
        self.await_that(lambda: self.status()[0].get("in_flight") == 0 and not self.status()[0].get("running"), "rest")
        time.sleep(0.3)
        return self.page.descriptors, self.page.threads, self.page.resident

    # --- time

    def now(self):
        return time.time() + self.page.offset_ns / 1e9

    def hurry(self, until=None, grace_ms=12):
        """The loop's waits are skipped, until a virtual time; None: without an end."""
        self.page.put("until_ns", 2**62 if until is None else (until - time.time()) * 1e9)
        self.page.put("grace_ms", grace_ms)

    def dawdle(self):
        self.page.put("grace_ms", 0)

    def until(self, when, seconds, look=None):
        """Hurries to a virtual time; look() is called meanwhile."""
        self.hurry(when)
        self.await_that(lambda: (look and look()) or self.now() >= when - 1, f"virtual {when}", seconds)

    # --- truth

    def collect_all(self, tries=8):
        """Until a whole `metricsctl collect` goes well."""
        for _ in range(tries):
            ends, said = self.ctl("collect")
            self.alive()
            if ends == 0:
                return
        fail(f"collect still fails after {tries} times: {said}")

    def months(self):
        today = datetime.datetime.fromtimestamp(self.now() - 5 * 3600, datetime.timezone.utc).date()
        last = today.replace(day=1) - datetime.timedelta(1)
        return last.strftime("%Y-%m"), today.strftime("%Y-%m")

    def truths(self, account, wanted):
        """The simulator's numbers for [(metric, first, last)]."""
        words = [word for metric, first, last in wanted for word in (metric, f"{first}..{last}")]
        said = subprocess.run([os.path.join(self.bin, "metricsd-sim"), *self.world(), "--truth", account.provider, *words],
                              env=self.on_clock, check=True, capture_output=True, text=True).stdout.split()
        return [None if word == "-" else int(word) for word in said]

    def against_truth(self, month, complete=False):
        """Holds each figure of the month against the truth: counts by what was found. `complete`: the month may lack
        nothing but what no sweep can bring back: levels of days past, stories, and a half of Instagram's follows, which
        it leaves out where it is 0."""
        ends, said = self.ctl("summary", month, "--entity", "simulada", "--format", "csv")
        if ends not in (0, 1):
            fail(f"summary: {said}")
        names = {account.id for account in self.accounts}
        rows = [row for row in csv.DictReader(io.StringIO(said))
                if row.get("section") == "account" and row["account"] in names]
        found = {"equal": 0, "holds": 0, "at least": 0, "open": 0, "unknown": 0}
        first = datetime.date.fromisoformat(month + "-01")
        last = (first + datetime.timedelta(31)).replace(day=1) - datetime.timedelta(1)
        for account in self.accounts:
            own = [row for row in rows if row["account"] == account.id]
            if not own:
                fail(f"no figures of {account.id} in {month}")
            wanted = [(row["metric"], row["as_of"] or last, row["as_of"] or last) if row["kind"] == "stock"
                      else (row["metric"], first, last) for row in own]
            for row, truth in zip(own, self.truths(account, wanted)):
                found[self.judge(account, month, row, truth)] += 1
        if complete and (found["at least"] or found["unknown"]):
            lacking = [(row["account"], row["metric"], row["form"]) for row in rows if row["form"] in ("none", "at-least")
                       and row["kind"] != "stock" and "stories" not in row["metric"]
                       and not row["metric"].startswith("followers_")]
            if lacking:
                fail(f"{month} lacks {lacking[:8]}")
        return found

    @staticmethod
    def judge(account, month, row, truth):
        form, state = row["form"], row["state"]
        low = int(row["low"]) if row["low"] else None
        high = int(row["high"]) if row["high"] else None
        wrong = f"{account.id} {row['metric']} {month}: {form} {state} {low} {high}, the truth is {truth}"
        if form == "none":
            return "unknown"
        if truth is None:
            fail(wrong)
        if form == "exact" and low == truth:
            return "equal"
        if state in ("provisional", "revisable"):
            if row["kind"] != "stock" and low > truth:
                fail(wrong)
            return "open"
        if form == "between" and low <= truth <= high:
            return "holds"
        if form == "at-least" and low <= truth:
            return "at least"
        return fail(wrong)

    def check_store(self):
        done = subprocess.run([os.path.join(self.build, "tests", "faults-verify"), self.path("state/metrics.db")],
                              env=self.env, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            fail(f"store_verify: {done.stderr}")

    def sql(self, words, *values):
        with contextlib.closing(sqlite3.connect(f"file:{self.path('state/metrics.db')}?mode=ro", uri=True)) as store:
            return store.execute(words, values).fetchall()

    def no_secret(self):
        """In no file of the installation but its own."""
        for root, _, names in os.walk(self.directory):
            for name in names:
                path = os.path.join(root, name)
                if path == self.path("token"):
                    continue
                with open(path, "rb") as file:
                    if self.token.encode() in file.read():
                        fail(f"the token stands in {path}")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        for process in (self.daemon, self.sim, self.proxy and self.proxy.process):
            if process and process.poll() is None:
                process.kill()
                process.wait()
        if kind:
            print(self.read("metricsd.log")[-4000:], file=sys.stderr)
        if kind and os.environ.get("METRICSD_KEEP"):
            print(f"kept: {self.directory}", file=sys.stderr)
        else:
            shutil.rmtree(self.directory, ignore_errors=True)


def run(part):
    """The main of each part: its function with BUILD, the seed and whether it may take its time."""
    import argparse
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("build", help="directory the programs were built in")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--long", action="store_true", help="as docs/reliability.md says it, rather than as ctest does")
    words = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # by way of every `with`: nothing is left running
    began = time.monotonic()
    try:
        part(os.path.abspath(words.build), words.seed, words.long)
    except (Failure, subprocess.TimeoutExpired) as failure:
        again = " --long" if words.long else ""
        print(f"FAILED: {failure}\nagain: tests/faults/{os.path.basename(sys.argv[0])} {words.build} --seed {words.seed}{again}",
              file=sys.stderr)
        return 1
    print(f"{time.monotonic() - began:.1f} s")
    return 0
