#!/usr/bin/python3
"""Measures metricsd against the floor (bench/floor.c) and prints one table; docs/performance.md explains it.

usage: run.py BUILD_DIRECTORY [PART...]

Parts: floor size sweep tls http2 latency summary quarter idle import. Everything it makes lies in
BUILD_DIRECTORY/bench/data; the history of five years is kept there, so that a second run need not write it again. Ratios
between programs measured in turn are the bars; absolute figures stand beside them.
"""
import contextlib
import datetime
import hashlib
import json
import os
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time

from imports import part_import

SOURCE = os.path.dirname(os.path.abspath(__file__))
ACCOUNTS = 1000
DOCUMENTS = 3  # an account's daily sweep asks for so many: two calls of insights, one list
DAYS = 1826
SAMPLED = 12  # metrics a day in the history
# 9:00 in Bogota, when the accounts are due
READ = int(datetime.datetime(2026, 10, 10, 14, tzinfo=datetime.timezone.utc).timestamp())
SWEEPS = 6  # days swept after READ: the first settles what the history made up, the others are measured
DAY = 86400
PORTS = {"plain": 28080, "tls": 28443, "http2": 28444, "latency": 28081, "yardstick": 28082}
YARDSTICK = 255_900  # instructions a request of the floor that the bars were set by


class Failure(Exception):
    pass


# --- the table ---------------------------------------------------------------------------------


class Table:
    def __init__(self):
        self.rows = []

    def add(self, part, what, measured, bar="", ok=None):
        self.rows.append((part, what, measured, bar, {True: "pass", False: "FAIL", None: ""}[ok]))
        print(f"  {what}: {measured}" + (f"  (bar {bar}) {self.rows[-1][4]}" if bar else ""), flush=True)

    def ratio(self, part, what, value, floor, bar, unit="s CPU"):
        ratio = value / floor
        self.add(part, what, f"{value:.3f} {unit}, {ratio:.2f} x", f"<= {bar} x", ratio <= bar)

    def most(self, part, what, value, bar, form="{:.2f}", unit=""):
        self.add(part, what, form.format(value) + unit, "<= " + form.format(bar) + unit, value <= bar)

    def print(self):
        heads = ("part", "what", "measured", "bar", "")
        widths = [max(len(row[i]) for row in [heads, *self.rows]) for i in range(5)]
        print()
        last = None
        for row in [heads, *self.rows]:
            cells = list(row)
            if cells[0] == last:
                cells[0] = ""
            last = row[0]
            print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip())
        failed = sum(row[4] == "FAIL" for row in self.rows)
        passed = sum(row[4] == "pass" for row in self.rows)
        print(f"\n{passed} bars held" + (f", {failed} MISSED" if failed else ""))
        return failed


# --- what a process costs ----------------------------------------------------------------------


def read_text(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def cpu_of(pid):
    """Seconds of CPU of all its threads so far."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        total += int(read_text(f"/proc/{pid}/task/{task}/schedstat").split()[0])
    return total / 1e9


def field(text, name):
    return int(re.search(rf"^{name}:\s+(\d+)", text, re.M).group(1))


def status_of(pid, name):
    return field(read_text(f"/proc/{pid}/status"), name)


def on_core(number):
    """What the child does first. Whoever is measured has a core to itself, the web server and we share another: where
    the kernel puts them otherwise changes what waking each other costs, and that is a fifth of it all."""
    cores = range(os.cpu_count())
    return lambda: os.sched_setaffinity(0, {cores[number % len(cores)]})


SERVER_CORE, MEASURED_CORE = 0, 1


def run(arguments, **options):
    """Runs a program to its end: output, seconds of CPU, seconds of wall."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                          preexec_fn=on_core(MEASURED_CORE), **options)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise Failure(f"{' '.join(map(str, arguments))}: status {done.returncode}\n{done.stderr.decode()[-2000:]}")
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return done.stdout.decode(), cpu, wall


def median(values):
    return statistics.median(values)


# --- the place -----------------------------------------------------------------------------------


class Bench:
    def __init__(self, build):
        self.build = os.path.abspath(build)
        self.bin = os.path.join(self.build, "bin")
        self.work = os.path.join(self.build, "bench", "data")
        self.www = os.path.join(self.work, "www")
        self.token = os.path.join(self.work, "token")
        self.ca = os.path.join(self.work, "tls", "ca.pem")
        self.history = os.path.join(self.work, "history")
        self.table = Table()
        os.makedirs(self.work, exist_ok=True)

    def program(self, name):
        return os.path.join(self.bin, name)

    def clock(self, now):
        """The environment of a program that shall believe it is `now`."""
        return {**os.environ, "METRICSD_CLOCK_OFFSET": str(now - int(time.time()))}

    def list(self, day):
        return os.path.join(self.www, f"{day}.list")

    # configuration

    def configure(self, directory, base, in_flight=16):
        os.makedirs(directory, exist_ok=True)
        if not os.path.exists(self.token):
            with open(os.open(self.token, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
                file.write("EAAB" + os.urandom(40).hex())
        accounts = ",\n".join(
            f'    {{ id = "p{i:04}"; collector = "facebook"; page = "{104000000000000 + i * 7919}"; token = "bench";'
            f' without = [ "reels", "stories" ]; entered = [ "messages", "members" ]; }}'
            for i in range(ACCOUNTS)
        )
        path = os.path.join(directory, "metricsd.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(
                f'state_directory = "{directory}";\n'
                f'control = "{directory}/control";\n'
                'log_level = "warning";\n'
                'schedule: { at = "09:00"; spread_minutes = 0; };\n'
                f"http: {{ in_flight = {in_flight}; per_host = {in_flight}; per_token = {in_flight};"
                f' ca_file = "{self.ca}"; }};\n'
                f'collectors: {{ facebook: {{ base = "{base}"; }}; }};\n'
                f'tokens: ( {{ id = "bench"; kind = "page"; file = "{self.token}"; }} );\n'
                'entities: ( {\n  id = "bench"; zone = "America/Bogota"; language = "en";\n'
                f"  accounts: (\n{accounts}\n  );\n}} );\n"
            )
        return path

    # what is prepared once

    def prepare_tls(self):
        directory = os.path.dirname(self.ca)
        made = os.path.join(directory, "server.pem")
        if os.path.exists(made) and time.time() - os.path.getmtime(made) < 20 * DAY:
            return
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(directory)
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        run(["openssl", "req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "30",
             "-subj", "/CN=metricsd benchmark"], cwd=directory)
        run(["openssl", "req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost"],
            cwd=directory)
        with open(os.path.join(directory, "names"), "w", encoding="ascii") as file:
            file.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        run(["openssl", "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
             "-days", "30", "-out", "server.pem", "-extfile", "names"], cwd=directory)

    def key_of(self, *programs):
        """Changes when one of the programs does."""
        return "\n".join(f"{name} {os.stat(self.program(name)).st_mtime_ns}" for name in programs)

    def prepare_documents(self):
        key, mark = self.key_of("bench_documents"), os.path.join(self.www, "key")
        if os.path.exists(mark) and read_text(mark) == key:
            return
        print("documents of the simulated Pages", flush=True)
        shutil.rmtree(self.www, ignore_errors=True)
        os.makedirs(self.www)
        config = self.configure(os.path.join(self.work, "documents"), "http://127.0.0.1")
        times = [str(READ + day * DAY) for day in range(1, SWEEPS + 1)]
        run([self.program("bench_documents"), config, self.www, str(READ), *times])
        os.makedirs(os.path.join(self.www, "yardstick"))
        listed, _, _ = run([sys.executable, os.path.join(SOURCE, "yardstick.py"),
                            os.path.join(self.www, "yardstick"), "300"])
        with open(os.path.join(self.www, "yardstick.list"), "w", encoding="ascii") as file:
            file.write(listed)
        for day in range(1, SWEEPS + 1):
            asked = len(read_text(self.list(day)).split())
            if asked != ACCOUNTS * DOCUMENTS:
                raise Failure(f"a sweep of day {day} asks {asked} times, not {ACCOUNTS * DOCUMENTS}")
        with open(mark, "w", encoding="ascii") as file:
            file.write(key)

    def prepare_history(self):
        """Five years of the daemon's own, and the same days as the floor would have them."""
        made = os.path.join(self.history, "made.json")
        schema = read_text(os.path.join(SOURCE, "..", "store", "schema.c"))
        key = hashlib.sha256((schema + read_text(os.path.join(SOURCE, "history.c"))).encode()).hexdigest()
        if os.path.exists(made) and json.loads(read_text(made))["key"] == key:
            return json.loads(read_text(made))
        print(f"a history of {ACCOUNTS} accounts x {SAMPLED} metrics x {DAYS} days: minutes", flush=True)
        shutil.rmtree(self.history, ignore_errors=True)
        config = self.configure(self.history, "http://127.0.0.1")
        database = os.path.join(self.history, "metrics.db")
        out, cpu, wall = run([self.program("bench_history"), config, database, str(READ), str(DAYS)])
        facts = {**json.loads(out), "cpu": cpu, "wall": wall, "key": key}
        corrected = os.path.join(self.work, "corrected.db")
        self.remove(corrected)
        out, _, _ = run([self.program("bench_history"), config, corrected, str(READ), "60", "2"])
        facts["corrected"] = json.loads(out)
        self.remove(corrected)
        self.remove(os.path.join(self.work, "floor.db"))
        run(["sqlite3", os.path.join(self.work, "floor.db"),
             "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
             "CREATE TABLE sample(day INTEGER NOT NULL, series INTEGER NOT NULL, value INTEGER NOT NULL,"
             " PRIMARY KEY(day, series)) WITHOUT ROWID;"
             f"ATTACH '{database}' AS history;"
             "INSERT INTO sample SELECT s.day, row_number() OVER (PARTITION BY s.day ORDER BY s.series) - 1, s.value"
             " FROM history.sample s WHERE s.days = 1 ORDER BY s.day, s.series;"])
        with open(made, "w", encoding="ascii") as file:
            json.dump(facts, file)
        return facts

    @staticmethod
    def remove(database):
        for end in ("", "-wal", "-shm", ".collector"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(database + end)

    def copy(self, name, to):
        self.remove(to)
        shutil.copyfile(name, to)

    # the web server

    @contextlib.contextmanager
    def server(self, now):
        """nginx with the documents; its clock says `now`. Gives a function that counts the answers since the last
        call: by port, {status: count}."""
        place = os.path.join(self.work, "nginx")
        shutil.rmtree(place, ignore_errors=True)
        os.makedirs(place)
        log = os.path.join(place, "access.log")
        with open(os.path.join(place, "nginx.conf"), "w", encoding="ascii") as file:
            file.write(self.nginx_conf(place, log))
        environment = {**self.clock(now), "LD_PRELOAD": self.program("libbench_clock.so")}
        server = subprocess.Popen(
            ["nginx", "-p", place, "-c", os.path.join(place, "nginx.conf")],
            env=environment, stderr=subprocess.PIPE, start_new_session=True, preexec_fn=on_core(SERVER_CORE))
        try:
            self.wait_for_ports(server)
            place_read = 0

            def answers():
                nonlocal place_read
                with open(log, encoding="ascii", errors="replace") as lines:
                    lines.seek(place_read)
                    text = lines.read()
                    place_read = lines.tell()
                counts = {}
                for line in text.splitlines():
                    counts[line] = counts.get(line, 0) + 1
                return counts

            yield answers
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()

    @staticmethod
    def wait_for_ports(server):
        for port in PORTS.values():
            for _ in range(200):
                if server.poll() is not None:
                    raise Failure("nginx: " + server.stderr.read().decode())
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                    break
                time.sleep(0.02)

    def nginx_conf(self, place, log):
        tls = os.path.dirname(self.ca)
        certificate = f"ssl_certificate {tls}/server.pem; ssl_certificate_key {tls}/server.key;"
        # what every answer of the Graph API carries
        headers = (
            'add_header facebook-api-version v25.0; add_header x-business-use-case-usage \'{"104000000000000":'
            '[{"type":"pages","call_count":1,"total_cputime":1,"total_time":1,"estimated_time_to_regain_access":0}]}\';'
        )
        documents = f"location / {{ {headers} try_files $document =404; }}"
        return f"""
daemon off; worker_processes 1; pid {place}/pid; error_log {place}/error.log;
load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;
env METRICSD_CLOCK_OFFSET; env LD_PRELOAD;
{"user root;" if os.geteuid() == 0 else ""}
events {{ worker_connections 4096; }}
http {{
	log_format status '$server_port $status';
	access_log {log} status;
	client_body_temp_path {place}/1; proxy_temp_path {place}/2; fastcgi_temp_path {place}/3;
	uwsgi_temp_path {place}/4; scgi_temp_path {place}/5;
	keepalive_requests 1000000; keepalive_timeout 600; http2_max_concurrent_streams 512;
	default_type application/json; types {{ }}
	open_file_cache max=30000 inactive=600s; open_file_cache_valid 600s;
	map_hash_max_size 131072; map_hash_bucket_size 1024; variables_hash_bucket_size 128;
	map $request_uri $document {{ default /none; include {self.www}/map; }}
	root {self.www};
	server {{ listen 127.0.0.1:{PORTS["plain"]}; {documents} }}
	server {{ listen 127.0.0.1:{PORTS["tls"]} ssl; {certificate} {documents} }}
	server {{ listen 127.0.0.1:{PORTS["http2"]} ssl http2; {certificate} {documents} }}
	server {{
		listen 127.0.0.1:{PORTS["latency"]};
		location / {{ echo_sleep 0.2; echo_exec @document; }}
		location @document {{ {headers} try_files $document =404; }}
	}}
	server {{ listen 127.0.0.1:{PORTS["yardstick"]}; root {self.www}/yardstick; }}
}}
"""

    # the contestants

    def floor(self, base, paths, database=None, transfers=16, tls=False, http2=False, documents=DOCUMENTS):
        arguments = [self.program("bench_floor"), "-k", str(transfers), "-a", str(documents)]
        if database:
            arguments += ["-d", database]
        if tls:
            arguments += ["-c", self.ca]
        if http2:
            arguments += ["-2"]
        out, _, _ = run([*arguments, base, paths])
        return json.loads(out)

    def script(self, base, paths, database, tls=False):
        arguments = [sys.executable, os.path.join(SOURCE, "sweep.py"), "-d", database]
        if tls:
            arguments += ["-c", self.ca]
        out, _, _ = run([*arguments, base, paths])
        return json.loads(out)


class Daemon:
    """A metricsd of its own that is ready a few seconds before the accounts are due at `slot`, by its clock."""

    EARLY_S = 3

    def __init__(self, bench, config, slot, watchdog_s=0):
        self.directory = os.path.dirname(config)
        address = os.path.join(self.directory, "notify")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(address)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(address)
        self.ready = threading.Event()
        threading.Thread(target=self.listen, daemon=True).start()
        self.slot_at = int(time.time()) + self.EARLY_S
        # as bare as systemd gives it
        environment = {"PATH": os.environ["PATH"], "METRICSD_CLOCK_OFFSET": str(slot - self.slot_at),
                       "NOTIFY_SOCKET": address}
        if watchdog_s:
            environment["WATCHDOG_USEC"] = str(watchdog_s * 1_000_000)
        self.log = os.path.join(self.directory, "log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([bench.program("metricsd"), "-c", config], env=environment, stderr=log,
                                            preexec_fn=on_core(MEASURED_CORE))
        self.pid = self.process.pid
        if not self.ready.wait(30):
            self.process.kill()
            self.process.wait()
            raise Failure("metricsd does not get ready:\n" + read_text(self.log)[-2000:])
        self.start_cpu = cpu_of(self.pid)
        if time.time() > self.slot_at - 0.5:
            raise Failure(f"metricsd needs {self.start_cpu:.1f} s of CPU to start: too late for its slot")

    def listen(self):
        with contextlib.suppress(OSError):
            while message := self.notify.recv(4096):
                if b"READY=1" in message.split(b"\n"):
                    self.ready.set()

    def sweep(self, limit_s=60):
        """Lets it sweep: CPU from the slot until it has had nothing to do for half a second, and when 99 % of that was
        spent."""
        time.sleep(self.slot_at - 0.05 - time.time())
        before, self.io = cpu_of(self.pid), read_text(f"/proc/{self.pid}/io")
        seen = [(time.time(), before)]
        while seen[-1][1] - before < 0.1 or time.time() - next(t for t, cpu in seen if cpu == seen[-1][1]) < 0.5:
            if self.process.poll() is not None:
                raise Failure("metricsd ended:\n" + read_text(self.log)[-2000:])
            if time.time() - self.slot_at > limit_s:
                raise Failure(f"metricsd is still busy after {limit_s} s")
            time.sleep(0.02)
            seen.append((time.time(), cpu_of(self.pid)))
        used = seen[-1][1] - before
        return used, next(t for t, cpu in seen if cpu - before >= 0.99 * used) - self.slot_at

    def facts(self):
        io = read_text(f"/proc/{self.pid}/io")
        wal = os.path.join(self.directory, "metrics.db-wal")
        return {
            "peak": status_of(self.pid, "VmHWM") / 1024,
            "written": (field(io, "write_bytes") - field(self.io, "write_bytes")) / 1e6,
            "told": (field(io, "wchar") - field(self.io, "wchar")) / 1e6,
            "wal": os.path.getsize(wal) / 1e6 if os.path.exists(wal) else 0,
            "threads": status_of(self.pid, "Threads"),
        }

    def stop(self):
        """Ends it: seconds of CPU and bytes written over its whole life."""
        self.process.send_signal(signal.SIGTERM)
        _, status, usage = os.wait4(self.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.notify.shutdown(socket.SHUT_RDWR)
        if self.process.returncode != 0:
            raise Failure(f"metricsd: status {self.process.returncode}\n" + read_text(self.log)[-2000:])
        return usage.ru_utime + usage.ru_stime, usage.ru_oublock * 512


# --- the parts -----------------------------------------------------------------------------------


def part_floor(bench):
    """The floor is what it says it is: instructions a request on the documents of the yardstick."""
    counts = []
    with bench.server(READ) as _:
        for requests in (900, 300):
            database = os.path.join(bench.work, "yardstick.db")
            bench.remove(database)
            done = subprocess.run(
                ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", bench.program("bench_floor"),
                 "-n", str(requests), "-d", database, f"http://127.0.0.1:{PORTS['yardstick']}",
                 os.path.join(bench.www, "yardstick.list")],
                capture_output=True, check=True, text=True)
            counts.append(int(re.search(r"Collected : (\d+)", done.stderr).group(1)))
            bench.remove(database)
    each = (counts[0] - counts[1]) / 600
    bench.table.add("floor", "instructions a request", f"{each:,.0f}, {each / YARDSTICK - 1:+.1%}",
                    f"{YARDSTICK:,} +- 5 %", abs(each / YARDSTICK - 1) <= 0.05)


def part_size(bench):
    facts = bench.prepare_history()
    expected = ACCOUNTS * SAMPLED * DAYS
    if facts["samples"] != expected:
        raise Failure(f"the history has {facts['samples']} samples, not {expected}")
    bench.table.most("size", f"bytes a sample, whole file of {facts['bytes'] / 1e6:,.0f} MB",
                     facts["bytes"] / facts["samples"], 40, "{:.1f}")
    corrected = facts["corrected"]
    bench.table.add("size", f"the same, each number corrected {corrected['revisions'] / corrected['samples']:.1f} times",
                    f"{corrected['bytes'] / corrected['samples']:.1f}")
    bench.table.add("size", "written by the daemon's own path, samples a CPU second",
                    f"{facts['samples'] / facts['cpu']:,.0f}")


def sweep_daemon(bench, config, day, port):
    daemon = Daemon(bench, config, READ + day * DAY)
    cpu, wall = daemon.sweep()
    facts = {**daemon.facts(), "cpu": cpu, "wall": wall, "start": daemon.start_cpu}
    before_end = cpu_of(daemon.pid)
    total, written = daemon.stop()
    facts["end"] = total - before_end
    facts["life_written"] = written / 1e6
    log = read_text(daemon.log)
    if log:
        raise Failure(f"metricsd, port {port}, complains:\n" + log[:2000])
    return facts


def expect_answers(answers, port, who):
    time.sleep(0.05)  # the last lines of the log
    counts = answers()
    if counts != {f"{port} 200": ACCOUNTS * DOCUMENTS}:
        raise Failure(f"{who}: answers by port and status: {counts}, expected {ACCOUNTS * DOCUMENTS} of {port} 200")


def sweeps(bench, part, base, with_script=True, days=SWEEPS, transfers=16, **how):
    """One contestant after the other, day after day; the first day is not counted."""
    port = PORTS[part if part != "sweep" else "plain"]
    directory = os.path.join(bench.work, "state-" + part)
    shutil.rmtree(directory, ignore_errors=True)
    config = bench.configure(directory, base, transfers)
    floor_db, script_db = os.path.join(bench.work, "floor-now.db"), os.path.join(bench.work, "script-now.db")
    bench.copy(os.path.join(bench.history, "metrics.db"), os.path.join(directory, "metrics.db"))
    bench.copy(os.path.join(bench.work, "floor.db"), floor_db)
    if with_script:
        bench.copy(os.path.join(bench.work, "floor.db"), script_db)
    os.sync()
    results = {"floor": [], "daemon": [], "script": []}
    for day in range(1, days + 1):
        with bench.server(READ + day * DAY) as answers:
            turn = {"floor": bench.floor(base, bench.list(day), floor_db, transfers, **how)}
            expect_answers(answers, port, "floor")
            turn["daemon"] = sweep_daemon(bench, config, day, port)
            expect_answers(answers, port, "metricsd")
            if with_script:
                turn["script"] = bench.script(base, bench.list(day), script_db, how.get("tls", False))
                expect_answers(answers, port, "script")
        if day > 1:
            for who, facts in turn.items():
                results[who].append(facts)
    new, _, _ = run(["sqlite3", "-readonly", os.path.join(directory, "metrics.db"),
                     "SELECT count(*) FROM sample s JOIN origin o ON o.id = s.origin"
                     f" WHERE o.at >= {READ + 2 * DAY}; SELECT count(*) FROM revision r JOIN origin o"
                     f" ON o.id = r.replaced_by WHERE o.at >= {READ + 2 * DAY}"])
    results["changes"] = [int(number) // (days - 1) for number in new.split()]
    for database in (floor_db, script_db, os.path.join(directory, "metrics.db")):
        bench.remove(database)
    return results


def typical(results, who, name):
    return median([facts[name] for facts in results[who]])


def spread(results, who, name="cpu"):
    values = [facts[name] for facts in results[who]]
    return f"{min(values):.3f}-{max(values):.3f}"


def sweep_rows(bench, part, results, bar):
    table, floor = bench.table, typical(results, "floor", "cpu")
    table.add(part, "floor", f"{floor:.3f} s CPU ({spread(results, 'floor')})")
    table.ratio(part, f"metricsd ({spread(results, 'daemon')})", typical(results, "daemon", "cpu"), floor, bar)
    if results["script"]:
        script = typical(results, "script", "cpu")
        table.add(part, "Python script", f"{script:.3f} s CPU, {script / floor:.1f} x")
    table.most(part, "peak RSS", max(facts["peak"] for facts in results["daemon"]), 24, "{:.1f}", " MiB")


def part_sweep(bench):
    results = sweeps(bench, "sweep", f"http://127.0.0.1:{PORTS['plain']}")
    table = bench.table
    sweep_rows(bench, "sweep", results, 1.4)
    table.most("sweep", "written to disk", typical(results, "daemon", "written"), 2, "{:.2f}", " MB")
    table.add("sweep", "... its write-ahead log; through write()",
              f"{typical(results, 'daemon', 'wal'):.1f} MB; {typical(results, 'daemon', 'told'):.1f} MB")
    table.add("sweep", "... from start to end, checkpoint included",
              f"{typical(results, 'daemon', 'life_written'):.2f} MB")
    samples, revisions = results["changes"]
    table.add("sweep", "samples that stand from a sweep, revisions it left", f"{samples:,}, {revisions:,}")
    table.add("sweep", "start-up, end", f"{typical(results, 'daemon', 'start') * 1e3:.0f} ms, "
              f"{typical(results, 'daemon', 'end') * 1e3:.0f} ms CPU")
    table.add("sweep", "wall: metricsd, floor", f"{typical(results, 'daemon', 'wall'):.3f} s, "
              f"{typical(results, 'floor', 'wall'):.3f} s")


def part_tls(bench):
    results = sweeps(bench, "tls", f"https://localhost:{PORTS['tls']}", tls=True)
    sweep_rows(bench, "tls", results, 1.6)


def part_http2(bench):
    results = sweeps(bench, "http2", f"https://localhost:{PORTS['http2']}", with_script=False, tls=True, http2=True)
    sweep_rows(bench, "http2", results, 1.6)


def part_latency(bench):
    transfers = 256
    bound = ACCOUNTS * DOCUMENTS * 0.2 / transfers
    results = sweeps(bench, "latency", f"http://127.0.0.1:{PORTS['latency']}", with_script=False, days=4,
                     transfers=transfers)
    bench.table.add("latency", f"floor, {transfers} in flight, 200 ms an answer",
                    f"{typical(results, 'floor', 'wall'):.2f} s, {typical(results, 'floor', 'wall') / bound:.2f} x")
    bench.table.ratio("latency", f"metricsd; the bound is {bound:.2f} s", typical(results, "daemon", "wall"), bound,
                      1.25, "s")
    bench.table.add("latency", "peak RSS: metricsd, floor",
                    f"{max(facts['peak'] for facts in results['daemon']):.1f}, "
                    f"{max(facts['peak_kib'] for facts in results['floor']) / 1024:.1f} MiB")


def part_summary(bench):
    database = os.path.join(bench.history, "metrics.db")
    config = os.path.join(bench.history, "metricsd.conf")
    first = (datetime.date(2026, 9, 1) - datetime.date(1970, 1, 1)).days
    ctl = [bench.program("metricsctl"), "-c", config, "summary"]
    plain = ["sqlite3", "-readonly", database, "SELECT series, sum(value) FROM sample WHERE day BETWEEN "
             f"{first} AND {first + 29} GROUP BY series"]
    costs = {"plain": [], "month": [], "json": [], "year": [], "year_wall": []}
    for turn in range(8):
        rows, cpu, _ = run(plain)
        if len(rows.split()) != ACCOUNTS * SAMPLED:
            raise Failure(f"the plain SELECT finds {len(rows.split())} series")
        clock = {"env": bench.clock(READ)}
        _, month, _ = run([*ctl, "2026-09"], **clock)
        _, as_json, _ = run([*ctl, "2026-09", "--format", "json"], **clock)
        _, year, wall = run([*ctl, "2025", "--account", "p0500"], **clock)
        if turn > 0:
            for name, value in zip(costs, (cpu, month, as_json, year, wall)):
                costs[name].append(value)
    floor = median(costs["plain"])
    bench.table.add("summary", "sqlite3: SELECT series, sum(value) ... GROUP BY series", f"{floor:.3f} s CPU")
    bench.table.ratio("summary", "metricsctl summary 2026-09, all 12,000 series", median(costs["month"]), floor, 2.5)
    bench.table.add("summary", "... --format json", f"{median(costs['json']):.3f} s CPU")
    bench.table.most("summary", "metricsctl summary 2025 --account p0500, wall", median(costs["year_wall"]) * 1e3, 25,
                     "{:.1f}", " ms")
    bench.table.add("summary", "... CPU", f"{median(costs['year']) * 1e3:.1f} ms")


def prepare_decade(bench):
    """The same five years once more under the dates before them."""
    directory = os.path.join(bench.work, "decade")
    database, made = os.path.join(directory, "metrics.db"), os.path.join(directory, "made")
    key = json.loads(read_text(os.path.join(bench.history, "made.json")))["key"]
    if os.path.exists(made) and read_text(made) == key:
        return os.path.join(directory, "metricsd.conf")
    print("a history of twice as many days: a minute", flush=True)
    shutil.rmtree(directory, ignore_errors=True)
    config = bench.configure(directory, "http://127.0.0.1")
    bench.copy(os.path.join(bench.history, "metrics.db"), database)
    run(["sqlite3", database,
         "PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN;"
         f"INSERT INTO sample SELECT day - {DAYS}, series, days, value, origin, below, above, flags FROM sample"
         " ORDER BY day, series, days;"
         f"INSERT OR IGNORE INTO reading SELECT day - {DAYS}, account, at FROM reading ORDER BY day, account;"
         f"UPDATE definition SET first_day = first_day - {DAYS}; COMMIT;"])
    with open(made, "w", encoding="ascii") as file:
        file.write(key)
    return config


def part_quarter(bench):
    """What a quarter costs grows with the figures asked for, not with the years that are kept."""
    configs = {"5 years": os.path.join(bench.history, "metricsd.conf"), "10 years": prepare_decade(bench)}
    costs = {name: [] for name in configs}
    printed = {}
    for turn in range(8):
        for name, config in configs.items():
            printed[name], cpu, _ = run([bench.program("metricsctl"), "-c", config, "summary", "2025-Q4"],
                                        env=bench.clock(READ))
            if turn > 0:
                costs[name].append(cpu)
    if printed["5 years"] != printed["10 years"] or printed["5 years"].count("92/92") < ACCOUNTS * SAMPLED:
        raise Failure("the quarter is not the same, or not whole, over 5 and over 10 years")
    five, ten = median(costs["5 years"]), median(costs["10 years"])
    bench.table.add("quarter", "metricsctl summary 2025-Q4, 12,000 series, over 5 years", f"{five:.3f} s CPU")
    bench.table.ratio("quarter", "... over 10 years", ten, five, 1.1)


def part_idle(bench):
    seconds = 60 + 5
    daemons = {}
    with bench.server(READ + DAY) as answers:
        for name, watchdog in (("watchdog", 30), ("alone", 0)):
            directory = os.path.join(bench.work, "idle-" + name)
            shutil.rmtree(directory, ignore_errors=True)
            config = bench.configure(directory, f"http://127.0.0.1:{PORTS['plain']}")
            bench.copy(os.path.join(bench.history, "metrics.db"), os.path.join(directory, "metrics.db"))
            daemons[name] = Daemon(bench, config, READ + DAY, watchdog)
            daemons[name].sweep()
            expect_answers(answers, PORTS["plain"], "metricsd")
        # what it does some time after a sweep (closing connections, giving memory back) is not counted
        time.sleep(130)
        before = {name: wakeups(daemon) for name, daemon in daemons.items()}
        cpu = {name: cpu_of(daemon.pid) for name, daemon in daemons.items()}
        time.sleep(seconds)
        table = bench.table
        for name, bar in (("watchdog", 0.1), ("alone", 0)):
            daemon = daemons[name]
            rate = (wakeups(daemon) - before[name]) / seconds
            words = "watchdog of 30 s" if name == "watchdog" else "no watchdog"
            table.most("idle", f"wake-ups a second, {words}", rate, bar, "{:.3f}")
            table.add("idle", "... CPU a minute", f"{(cpu_of(daemon.pid) - cpu[name]) * 60 / seconds * 1e3:.2f} ms")
        daemon = daemons["watchdog"]
        rollup = read_text(f"/proc/{daemon.pid}/smaps_rollup")
        table.most("idle", "threads", status_of(daemon.pid, "Threads"), 1, "{}")
        uss = (field(rollup, "Private_Clean") + field(rollup, "Private_Dirty")) / 1024
        table.most("idle", "USS after a sweep of 1,000 accounts", uss, 16, "{:.1f}", " MiB")
        table.add("idle", "... RSS, PSS", f"{field(rollup, 'Rss') / 1024:.1f}, {field(rollup, 'Pss') / 1024:.1f} MiB")
        for daemon in daemons.values():
            daemon.stop()
            bench.remove(os.path.join(daemon.directory, "metrics.db"))


def wakeups(daemon):
    text = read_text(f"/proc/{daemon.pid}/status")
    return field(text, "voluntary_ctxt_switches") + field(text, "nonvoluntary_ctxt_switches")


# --- access logs -----------------------------------------------------------------------------------

LOG_LINES, LOG_CLIENTS = 5_000_000, 350_000
LOG_RUNS = 3
LOG_NOW = int(datetime.datetime(2026, 11, 3, 12, tzinfo=datetime.timezone.utc).timestamp())
SLICE_MS, LOG_MIB = 20, 64


def prepare_log(bench):
    """A month's log, plain and as logrotate leaves it; made once."""
    plain, packed = os.path.join(bench.work, "log", "access.log"), os.path.join(bench.work, "packed", "access.log.1.gz")
    mark, key = os.path.join(bench.work, "log", "key"), bench.key_of("bench_log")
    if os.path.exists(mark) and read_text(mark) == key:
        return plain, packed
    print(f"a log of {LOG_LINES} lines", flush=True)
    for path in (plain, packed):
        os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(plain, "wb") as file:
        subprocess.run([bench.program("bench_log"), "-l", str(LOG_LINES), "-c", str(LOG_CLIENTS)], stdout=file, check=True)
    with open(packed, "wb") as file:
        subprocess.run(["gzip", "-6", "-c", plain], stdout=file, check=True)
    with open(mark, "w", encoding="ascii") as file:
        file.write(key)
    return plain, packed


def read_log(bench, log):
    """metricsd --once over the log, from nothing: seconds of CPU, peak MiB, what it says."""
    directory = os.path.join(bench.work, "logstate")
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    config = os.path.join(directory, "metricsd.conf")
    with open(config, "w", encoding="ascii") as file:
        file.write(f'state_directory = "{directory}";\ncontrol = "{directory}/control";\nlog_level = "warning";\n'
                   'entities: ( { id = "bench"; zone = "America/Bogota"; language = "en"; accounts: (\n'
                   f'  {{ id = "log"; collector = "accesslog"; log = "{log}"; collect_from = "2026-10-01";\n'
                   f'     bots_directory = "{bench.build}/share/metricsd/bots"; }} ); }} );\n')
    peak = os.path.join(directory, "peak")
    _, cpu, _ = run(["/usr/bin/env", "time", "-f", "%M", "-o", peak, bench.program("metricsd"), "-c", config, "--once", "log"],
                    env=bench.clock(LOG_NOW))
    words, _, _ = run(["sqlite3", os.path.join(directory, "metrics.db"), "SELECT words FROM sweep"])
    return cpu, int(read_text(peak).split()[-1]) / 1024, words.splitlines()[0]


def part_log(bench):
    """5 million lines: metricsd with all it does, in turn with a bare counter, and others beside them."""
    plain, packed = prepare_log(bench)
    runs = {name: [] for name in ("wc -l", "floor", "metricsd", "metricsd, gzip", "gzip -dc")}
    peak = 0
    for _ in range(LOG_RUNS):
        runs["wc -l"].append(run(["wc", "-l", plain])[1])
        runs["floor"].append(run([bench.program("bench_log_floor"), plain])[1])
        cpu, mib, words = read_log(bench, plain)
        runs["metricsd"].append(cpu)
        peak = max(peak, mib)
        cpu, mib, packed_words = read_log(bench, os.path.join(os.path.dirname(packed), "access.log"))
        runs["metricsd, gzip"].append(cpu)
        peak = max(peak, mib)
        if words != packed_words or not words.startswith(f"{LOG_LINES} lines read"):
            raise Failure(f"the log says {words}, compressed {packed_words}")
    runs["gzip -dc"].append(run(["sh", "-c", f"gzip -dc {packed} >/dev/null"])[1])
    place = os.path.join(bench.work, "logothers")
    shutil.rmtree(place, ignore_errors=True)
    os.makedirs(place)
    runs["Webalizer"] = [run(["webalizer", "-q", "-Q", "-N", "0", "-o", place, plain])[1]]
    runs["GoAccess"] = [run(["goaccess", plain, "--log-format=COMBINED", "--no-global-config", "--no-progress",
                             "-o", os.path.join(place, "report.json")])[1]]
    floor = median(runs["floor"])
    for name, values in runs.items():
        if name == "metricsd":
            bench.table.ratio("log", "metricsd, 5 million lines", median(values), floor, 2.0)
        else:
            bench.table.add("log", name, f"{median(values):.3f} s CPU, {median(values) / floor:.2f} x")
    bench.table.most("log", "peak RSS, 350,000 clients", peak, LOG_MIB, "{:.1f}", " MiB")
    out, _, _ = run([bench.program("bench_log_slices"), plain,
                     os.path.join(bench.build, "share/metricsd/bots/crawler-user-agents-1.60.0.list"),
                     "America/Bogota", str(LOG_NOW)])
    bench.table.most("log", "longest slice", json.loads(out)["longest_ms"], SLICE_MS, "{:.1f}", " ms")


PARTS = {
    "log": part_log,
    "floor": part_floor,
    "size": part_size,
    "sweep": part_sweep,
    "tls": part_tls,
    "http2": part_http2,
    "latency": part_latency,
    "summary": part_summary,
    "quarter": part_quarter,
    "idle": part_idle,
    "import": lambda bench: part_import(bench, run, median, Failure),
}


def machine():
    model = re.search(r"^model name\s*: (.*)$", read_text("/proc/cpuinfo"), re.M).group(1)
    memory = field(read_text("/proc/meminfo"), "MemTotal") / 1048576
    return (f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, Debian {read_text('/etc/debian_version').strip()}, "
            f"Linux {os.uname().release}; load {os.getloadavg()[0]:.2f}")


def main():
    if len(sys.argv) < 2 or any(name not in PARTS for name in sys.argv[2:]):
        print(f"usage: run.py BUILD_DIRECTORY [PART...]; parts: {' '.join(PARTS)}", file=sys.stderr)
        return 2
    bench = Bench(sys.argv[1])
    print(machine(), flush=True)
    on_core(SERVER_CORE)()
    names = sys.argv[2:] or list(PARTS)
    try:
        if not set(names) <= {"import", "log"}:
            bench.prepare_tls()
            bench.prepare_documents()
            bench.prepare_history()
        for name in names:
            print(name, flush=True)
            PARTS[name](bench)
    except Failure as failure:
        print(f"script/bench: {failure}", file=sys.stderr)
        return 1
    return 1 if bench.table.print() else 0


if __name__ == "__main__":
    raise SystemExit(main())
