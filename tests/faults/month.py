#!/usr/bin/python3
"""A simulated month of the real metricsd over real sockets, one in so many of its connections and requests broken in any way
at random, some over TLS through a line that flips bits: its descriptors, threads and memory do not grow, and its
figures are the truth. Long: 40 accounts and 31 days (more than 1,000 sweeps)."""
import sys
import time

from certificates import Authority
from installation import DAY, Account, Installation, fail, run
from network import canned

CALM_DAYS = 2  # at the end, in which nothing goes wrong


def build(place, count):
    proxy = place.start_proxy()
    place.accounts = [Account(("facebook", "instagram", "matomo")[i % 3], i, "", f"{'matomo' if i % 3 == 2 else 'meta'}{i}")
                      for i in range(count)]
    upstream = place.start_simulator("--page-limit", "25")
    authority = Authority(place.directory, "ca")
    certificate, key = authority.sign("front", ["localhost"])
    place.http = {"ca_file": authority.file, "connect_timeout_ms": 10000, "timeout_ms": 60000}
    for kind, answer in canned().items():
        if kind != "too-many":  # whole days of waiting as told would leave nothing to break
            proxy.say("canned", kind, place.write(f"canned-{kind}", answer))
    doors = []
    for i, account in enumerate(place.accounts):
        port = proxy.door(f"http{i}", "http", upstream)
        doors.append(f"http{i}")
        account.door = f"http://127.0.0.1:{port}"
        if i % 2:
            proxy.say("tls", f"http{i}", certificate, key)
            port = proxy.door(f"raw{i}", "raw", port)
            doors.append(f"raw{i}")
            account.door = f"https://localhost:{port}"
    return doors


def thirds(samples):
    size = max(len(samples) // 3, 1)
    return samples[:size], samples[-size:]


def part(directory, seed, long):
    accounts, days, percent = (40, 31, 6) if long else (6, 3 + CALM_DAYS, 10)
    with Installation(directory, seed, people=200) as place:
        doors = build(place, accounts)
        place.configure()
        place.start_daemon()
        cpu, began = place.cpu(), time.monotonic()
        samples, first_day = [], place.now()

        def look():
            if place.page.descriptors:
                samples.append((place.page.descriptors, place.page.threads, place.page.resident))
            return False

        for day in range(days):
            broken = day < days - CALM_DAYS
            for i, door in enumerate(doors):
                if not broken:
                    place.proxy.rule(door)
                elif door.startswith("raw"):
                    place.proxy.rule(door, "any", 6000, "percent", percent, seed * 7919 + day * 101 + i)
                else:
                    place.proxy.rule(door, "any", 20, "percent", percent, seed * 7919 + day * 101 + i)
            place.until(first_day + (day + 1) * DAY, 600, look)
        cpu, wall = place.cpu() - cpu, time.monotonic() - began
        place.hurry()
        place.collect_all()
        place.dawdle()
        rest = place.at_rest()
        months = place.months()
        found = place.against_truth(months[0])
        for kind, number in place.against_truth(months[1]).items():
            found[kind] += number
        counts, log = place.proxy.counts(), place.read("metricsd.log")
        place.stop_daemon()
        place.check_store()
        place.no_secret()
        sweeps = log.count(" sweep done:")
        print("faults: " + ", ".join(f"{kind} {number}" for kind, number in sorted(counts.items())))
        print(f"{accounts} accounts, {days} days in {wall:.0f} s ({cpu:.1f} s CPU): {sweeps} sweeps, {sum(counts.values())} "
              f"faults of {len(counts)} kinds; figures against the truth: {found}")
        early, late = thirds(samples)
        for i, what in enumerate(("descriptors", "threads", "KiB of its own")):
            low, high = ([pick(sample[i] for sample in part) for part in (early, late)] for pick in (min, max))
            print(f"{what}: first third {low[0]} to {high[0]}, last third {low[1]} to {high[1]}, at the end {rest[i]}")
            slack = (2048, 16384) if i == 2 else (0, 2)  # a huge answer is there for a moment
            if i == 2 and place.sanitized:
                continue
            if low[1] > low[0] + slack[0] or high[1] > high[0] + slack[1]:
                fail(f"{what} grew")
        if sweeps < accounts * days:
            fail(f"only {sweeps} sweeps")


if __name__ == "__main__":
    sys.exit(run(part))
