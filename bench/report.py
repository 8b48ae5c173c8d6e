#!/usr/bin/python3
"""The report of sixty entities with five accounts each against `summary` of the same figures, in turn.

usage: report.py BUILD_DIRECTORY

Bar: five times the CPU of the summary, for the page and for every other format. docs/performance.md explains it.
"""
import os
import resource
import statistics
import subprocess
import sys
import tempfile

ENTITIES = 60
ACCOUNTS = {"facebook": ("posts", "viewers", "visits", "views"), "instagram": ("posts", "reach", "visits"),
            "x": ("posts", "views"), "whatsapp": ("posts",), "sede": ("visits", "posts")}
MONTHS = [f"2025-{month:02}" for month in range(7, 13)]
RUNS = 15
BAR = 5
FORMATS = ("html", "md", "json", "csv", "xlsx")
SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def write_place(directory):
    accounts = ",\n".join(f'{{ id = "{name}"; collector = "manual"; entered = [{quoted(metrics)}]; }}'
                          for name, metrics in ACCOUNTS.items())
    entities = ",\n".join(f'{{ id = "e{i}"; name = "Entidad {i}"; zone = "America/Bogota"; language = "es-CO";\n'
                          f'accounts: ( {accounts} ); }}' for i in range(ENTITIES))
    with open(f"{directory}/metricsd.conf", "w", encoding="utf-8") as file:
        file.write(f'state_directory = "{directory}";\ncontrol = "{directory}/control";\nentities: (\n{entities}\n);\n')
    with open(f"{directory}/figures.csv", "w", encoding="utf-8") as file:
        file.write("period,account,metric,value\n")
        for i in range(ENTITIES):
            for month in MONTHS:
                for name, metrics in ACCOUNTS.items():
                    for metric in metrics:
                        file.write(f"{month},e{i}/{name},{metric},{(i * 7919 + hash_of(month, name, metric)) % 90000}\n")
    os.symlink(os.path.join(SOURCE, "etc", "reports"), f"{directory}/reports")


def quoted(words):
    return ", ".join(f'"{word}"' for word in words)


def hash_of(*words):
    return sum(ord(letter) * (place + 1) for place, letter in enumerate("/".join(words)))


def cpu_of(arguments):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(arguments, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main():
    if len(sys.argv) != 2:
        print("usage: report.py BUILD_DIRECTORY", file=sys.stderr)
        return 2
    missed = False
    with tempfile.TemporaryDirectory() as directory:
        program = [os.path.join(os.path.abspath(sys.argv[1]), "bin", "metricsctl"),
                   "--config", f"{directory}/metricsd.conf"]
        write_place(directory)
        subprocess.run(program + ["import", f"{directory}/figures.csv"], stdout=subprocess.DEVNULL, check=True)
        summary = program + ["summary", "2025-Q4"]
        for definition in ("trimestral", "mensual"):
            for end in FORMATS:
                report = program + ["report", "2025-Q4", "--definition", definition, "-o", f"{directory}/report.{end}"]
                # in turn, so that both meet the same machine
                times = [(cpu_of(summary), cpu_of(report)) for _ in range(RUNS)]
                floor = statistics.median(time[0] for time in times)
                measured = statistics.median(time[1] for time in times)
                ratio = measured / floor
                missed = missed or ratio > BAR
                print(f"  report, {ENTITIES} entities x {len(ACCOUNTS)} accounts, {definition}.{end}: "
                      f"{measured * 1e3:.0f} ms CPU, summary {floor * 1e3:.0f} ms, {ratio:.2f} x  (bar <= {BAR} x) "
                      f"{'FAIL' if ratio > BAR else 'pass'}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
