"""A place to run the real programs in: simulators that answer, a configuration, logs, secrets; and what the store must
say in the end. Everything a run writes is in a directory of its own, so that runs may go side by side."""
import calendar
import contextlib
import json
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time

PAGE, INSTAGRAM, SITE = "104000000000001", "17841400000000001", "1"
PROPERTY, DOMAIN, UUID = "123456789", "sede.example.org", "22222222-3333-4444-8555-666666666666"
ZONE = "America/Bogota"
NOW = "2026-10-12T15:00:00Z"
FROM = "2026-10-01"
PLAN = """
id = "plan-2026"; title = "Plan de comunicaciones"; period = "2026"; goal = 90;
activities: (
	{ id = "a01"; title = "Publicaciones"; target = 40; from = "todo.posts"; },
	{ id = "a02"; title = "Estrategia aprobada"; kind = "yes-no"; responsible = "Oficina"; }
);
"""
PATIENCE = 60  # seconds: a program that needs longer hangs


class Failure(Exception):
    pass


def seconds(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def secret():
    return os.urandom(16).hex()


def write(path, text, mode=0o600):
    with open(path, "w", opener=lambda name, flags: os.open(name, flags, mode)) as file:
        file.write(text)


class World:
    """What all runs share: the simulators, secrets, a log, files to import."""

    def __init__(self, binaries, source):
        self.bin = os.path.abspath(binaries)
        self.source = os.path.abspath(source)
        self.path = tempfile.mkdtemp(prefix="metricsd-hard-times-")
        self.token, self.key, self.password = secret(), secret(), secret()
        self.options = ["--seed", "5", "--people", "400", "--page", PAGE, "--instagram", INSTAGRAM,
                        "--matomo", f"{SITE}:{ZONE}", "--ga4", f"{PROPERTY}:{ZONE}", "--umami", f"{UUID}:{ZONE}",
                        "--plausible", f"{DOMAIN}:{ZONE}", "--no-late"]
        self.simulator = None
        # a sanitizer's library wants to be the first
        libraries = subprocess.run(["ldd", f"{self.bin}/metricsd"], capture_output=True, text=True).stdout
        self.sanitizers = re.findall(r"=> (\S*lib[alu]*san\S*)", libraries)

    def file(self, name):
        return os.path.join(self.path, name)

    def __enter__(self):
        subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out",
                        self.file("key.pem")], check=True, stderr=subprocess.DEVNULL)
        subprocess.run(["openssl", "pkey", "-in", self.file("key.pem"), "-pubout", "-out", self.file("public.pem")],
                       check=True)
        write(self.file("token"), self.token + "\n")
        write(self.file("key"), self.key + "\n")
        write(self.file("login"), f"metrics:{self.password}\n")
        self.write_log()
        write(self.file("plan.conf"), PLAN)
        self.simulator = subprocess.Popen(
            [f"{self.bin}/metricsd-sim", *self.options, "--now", NOW, "--page-limit", "5", "--token", self.token,
             "--matomo-token", self.token, "--google-key", self.file("public.pem"), "--plausible-key", self.key,
             "--umami-login", f"metrics:{self.password}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = re.match(r"listening on (\d+)", self.simulator.stdout.readline())
        if not said:
            raise Failure("the simulator does not start")
        self.port = int(said[1])
        with open(self.file("key.pem")) as file:
            write(self.file("account.json"), json.dumps({
                "type": "service_account", "private_key_id": "0123456789abcdef", "private_key": file.read(),
                "client_email": "metrics@example-project.iam.gserviceaccount.com",
                "token_uri": f"http://127.0.0.1:{self.port}/token"}))
        return self

    def __exit__(self, *_):
        if self.simulator:
            self.simulator.kill()
            self.simulator.wait()
        shutil.rmtree(self.path, ignore_errors=True)

    def write_log(self):
        """A web server's log: a day rotated, today's as it is being written."""
        rng = random.Random(5)
        for name, day in (("access.log.1", 10), ("access.log", 11)):
            lines = []
            for second in sorted(rng.randrange(86400) for _ in range(600)):
                clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
                lines.append(f'192.0.2.{rng.randrange(200)} - - [{day}/Oct/2026:{clock} -0500] '
                             f'"GET /noticias/{rng.randrange(40)} HTTP/1.1" 200 512 "-" '
                             f'"Mozilla/5.0 (X11; Linux x86_64; rv:{rng.randrange(90, 130)}.0) Gecko/20100101"\n')
            write(self.file(name), "".join(lines))
            os.utime(self.file(name), (seconds(NOW) - 86400, seconds(NOW) - 86400))


class Place:
    """One store, one daemon, one person."""

    def __init__(self, world, name):
        self.world = world
        self.path = world.file(name)
        os.mkdir(self.path)
        self.state = f"{self.path}/state"
        self.config = f"{self.path}/metricsd.conf"
        self.control = f"{self.path}/control"
        self.database = f"{self.state}/metrics.db"
        base = f'base = "http://127.0.0.1:{world.port}"'
        account = f'collect_from = "{FROM}"; since = "{FROM}"'
        write(self.config, f"""
state_directory = "{self.state}";
control = "{self.control}";
publish = false;
schedule: {{ spread_minutes = 0; }};
collectors: {{ facebook: {{ {base}; }}; instagram: {{ {base}; }}; matomo: {{ {base}; }}; ga4: {{ {base}; }};
	plausible: {{ {base}; }}; umami: {{ {base}; }}; }};
tokens: (
	{{ id = "meta"; kind = "system-user"; file = "{world.file("token")}"; }},
	{{ id = "matomo"; file = "{world.file("token")}"; }},
	{{ id = "google"; kind = "service-account"; file = "{world.file("account.json")}"; }},
	{{ id = "key"; file = "{world.file("key")}"; }},
	{{ id = "umami"; kind = "login"; file = "{world.file("login")}"; }} );
entities: ( {{ id = "simulada"; name = "Simulada"; zone = "{ZONE}"; language = "es-CO"; notice = "SIMULADO";
	plans = ["{world.file("plan.conf")}"];
	accounts: (
		{{ id = "facebook"; collector = "facebook"; page = "{PAGE}"; token = "meta"; {account}; }},
		{{ id = "instagram"; collector = "instagram"; user = "{INSTAGRAM}"; token = "meta"; {account}; }},
		{{ id = "web"; collector = "matomo"; site = "{SITE}"; token = "matomo"; {account}; }},
		{{ id = "ga4"; collector = "ga4"; property = "{PROPERTY}"; token = "google"; {account}; }},
		{{ id = "plausible"; collector = "plausible"; site = "{DOMAIN}"; token = "key"; {account}; }},
		{{ id = "umami"; collector = "umami"; site = "{UUID}"; token = "umami"; {account}; }},
		{{ id = "log"; collector = "accesslog"; log = "{world.file("access.log")}"; bots = "none"; {account}; }},
		{{ id = "x"; collector = "manual"; entered = ["posts", "views"]; }},
		{{ id = "antes"; collector = "manual"; entered = ["visits"]; until = "2025-12-31"; }},
		{{ id = "eventos"; collector = "events"; }} );
	groups: ( {{ id = "redes"; title = "Redes"; accounts = ["facebook", "instagram", "x"]; }} );
	derived: ( {{ id = "todo.posts"; title = "Publicaciones"; formula = "redes.posts"; }} ); }} );
""")
        self.clear()

    def clear(self):
        shutil.rmtree(self.state, ignore_errors=True)
        os.mkdir(self.state, 0o700)

    def environment(self, extra=None):
        environment = {"METRICSD_CLOCK_OFFSET": str(seconds(NOW) - int(time.time())), "PATH": os.environ["PATH"],
                       "HOME": self.path, "USER": "ana", "LC_ALL": "C.UTF-8"}
        environment.update(extra or {})
        if "LD_PRELOAD" in environment:
            environment["LD_PRELOAD"] = " ".join([*self.world.sanitizers, environment["LD_PRELOAD"]])
        return environment

    # --- the command ---

    def ctl(self, *words, extra=None, **more):
        """Ends with (status, out, err); a signal is a status below 0."""
        done = subprocess.run([f"{self.world.bin}/metricsctl", *words, "-c", self.config], cwd=self.path,
                              env=self.environment(extra), stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=PATIENCE, **more)
        return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")

    def must(self, *words):
        status, out, err = self.ctl(*words)
        if status != 0:
            raise Failure(f"metricsctl {' '.join(words)}: {status} {err}")
        return out

    # --- the daemon ---

    @contextlib.contextmanager
    def daemon(self, extra=None, **more):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.control)
        with open(f"{self.path}/log", "w+b") as log:
            daemon = subprocess.Popen([f"{self.world.bin}/metricsd", "-c", self.config], env=self.environment(extra),
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, cwd=self.path,
                                      **more)
            try:
                yield daemon
            finally:
                if daemon.poll() is None:
                    daemon.kill()
                    daemon.wait()

    def log(self):
        with open(f"{self.path}/log", errors="replace") as file:
            return file.read()

    def connect(self, daemon):
        """A connection to its control socket; None when it ended before it listened."""
        until = time.monotonic() + PATIENCE
        while daemon.poll() is None:
            door = socket.socket(socket.AF_UNIX)
            door.settimeout(PATIENCE)
            try:
                door.connect(self.control)
                return door
            except OSError:
                door.close()
                time.sleep(0.003)
            if time.monotonic() > until:
                raise Failure("no control socket")
        return None

    def order(self, daemon, command, **more):
        """The last line of its answer; None when it ended in the midst of it."""
        door = self.connect(daemon)
        if not door:
            return None
        try:
            with door:
                door.sendall(json.dumps({"command": command, **more}).encode() + b"\n")
                with door.makefile("rb") as stream:
                    lines = stream.readlines()
        except ConnectionError:
            return None
        if not lines or not lines[-1].endswith(b"\n"):
            return None
        return json.loads(lines[-1])

    def end(self, daemon):
        """Told to end, or ended already: its status."""
        if daemon.poll() is None:
            daemon.send_signal(signal.SIGTERM)
        try:
            return daemon.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failure("the daemon does not end")

    # --- the store ---

    def verify(self):
        if not os.path.exists(self.database):
            return
        done = subprocess.run([f"{self.world.bin}/../tests/faults-verify", self.database], capture_output=True, text=True,
                              timeout=PATIENCE)
        # cut off before it was made, or between two versions of the schema: the next start goes on with it
        if done.returncode != 0 and not re.search("start metricsd once", done.stderr):
            raise Failure(f"the store: {done.stderr.strip()}")

    def query(self, sql):
        with contextlib.closing(sqlite3.connect(self.database)) as database:
            return database.execute(sql).fetchall()

    def known(self):
        """All that is known, whoever said it when: what two stores that know the same have in common."""
        series = ("SELECT a.entity || '/' || a.name || ' ' || r.metric || ' ' || r.source, {} FROM {} t"
                  " JOIN series r ON r.id = t.series JOIN account a ON a.id = r.account ORDER BY 1, 2, 3, 4")
        return {
            "samples": self.query(series.format("t.day, t.days, t.value, t.below, t.above, t.flags", "sample")),
            "items": self.query(series.format("t.day, t.id, t.created, t.gone IS NULL", "item")),
            "revisions": self.query(series.format("t.day, t.days, t.value", "revision")),
            "entries": self.query(series.format("t.day, t.days, t.origin", "entry")),
            "definitions": self.query(series.format("t.text, t.first_day, 0", "definition")),
            "closings": self.query("SELECT entity, period, person, note, sha256, reopened_by FROM closing ORDER BY 2, 5"),
            "records": self.query("SELECT a.name, t.list, t.day, t.title, t.number, t.state FROM record t"
                                  " JOIN account a ON a.id = t.account ORDER BY 1, 2, 3, 4"),
        }


def difference(wanted, there):
    """What differs of what two stores know, in words; "" when nothing does."""
    words = []
    for name, rows in wanted.items():
        lacks = [row for row in rows if row not in there[name]]
        more = [row for row in there[name] if row not in rows]
        if lacks or more or len(rows) != len(there[name]):
            words.append(f"{name}: lacks {lacks[:3]} ({len(lacks)}), has besides {more[:3]} ({len(more)})")
    return "; ".join(words)
