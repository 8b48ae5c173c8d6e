#!/usr/bin/python3
"""Servers that are not who they should be, or do not speak in secret: the real metricsd sends them nothing, says what to do,
and goes on by itself once that was done."""
import os
import signal
import sys

from certificates import Authority, self_signed
from installation import DAY, Account, Installation, fail, run

# what is wrong, and words the error must have: what, and what to do
CASES = {
    "unknown": ("unable to get local issuer certificate", "authority's certificate into the file that ca_file"),
    "expired": ("certificate has expired", "must be renewed"),
    "early": ("certificate is not yet valid", "clock of this machine"),
    "other-host": ("no alternative certificate subject name matches", "by the name its certificate is for"),
    "self-signed": ("self-signed certificate", "put the certificate into the file that ca_file"),
    "old": ("no secure connection was agreed on", "TLS 1.2 or newer"),
    "plain": ("no secure connection was agreed on", "does TLS"),
    "closed": ("no secure connection was agreed on", "does TLS"),
    "silent": ("SSL connection timeout", ""),
    "fine": None,
}


class Fronts:
    """A TLS door for each case, and a raw one before it that sees what is sent."""

    def __init__(self, place):
        self.place = place
        self.ours, other = Authority(place.directory, "ours"), Authority(place.directory, "other")
        self.other = other.file
        self.good = self.ours.sign("good", ["localhost"])
        self.own = self_signed(place.directory, "localhost")
        self.files = {
            "unknown": other.sign("unknown", ["localhost"]),
            "expired": self.ours.sign("expired", ["localhost"], end="20260101000000Z"),
            "early": self.ours.sign("early", ["localhost"], start="20270101000000Z"),
            "other-host": self.ours.sign("other", ["stats.example.org", "IP:127.0.0.1"]),
            "self-signed": self.own,
            "old": (*self.good, "old"),
        }

    def open(self, upstream):
        proxy = self.place.proxy
        for case, account in zip(CASES, self.place.accounts):
            inner = proxy.door(case, "http", upstream)
            if case != "plain":
                proxy.say("tls", case, *self.files.get(case, self.good))
            account.door = f"https://localhost:{proxy.door(case + '-line', 'raw', inner)}"
            account.case = case
        proxy.rule("closed", "close-at-once")
        proxy.rule("silent", "silent-at-once")

    def mend(self):
        for case in ("expired", "early", "other-host", "old", "plain"):
            self.place.proxy.say("tls", case, *self.good)
        for case in ("closed", "silent"):
            self.place.proxy.rule(case)


def refused(place, account, said):
    words = CASES[account.case]
    for word in words:
        if word not in said:
            fail(f"{account.case}: does not say \"{word}\": {said}")
    line, inner = place.proxy.saw(account.case + "-line"), place.proxy.saw(account.case)
    if inner["requests"] or line["secrets"] or inner["secrets"]:
        fail(f"{account.case}: something was sent: {line}, behind it {inner}")
    if not line["bytes"]:
        fail(f"{account.case}: nobody tried")


def collect(place, account):
    place.hurry()
    ends, said = place.ctl("collect", account.id)
    place.dawdle()
    place.alive()
    return ends, said


def part(build, seed, _):
    with Installation(build, seed, people=100) as place:
        place.start_proxy()
        place.accounts = [Account(("facebook", "instagram", "matomo")[i % 3], i, "", f"{'matomo' if i % 3 == 2 else 'meta'}{i}")
                          for i in range(len(CASES))]
        upstream = place.start_simulator("--page-limit", "25")
        fronts = Fronts(place)
        fronts.open(upstream)
        with open(fronts.ours.file, encoding="ascii") as file:
            bundle = file.read()
        place.http = {"ca_file": place.write("bundle.pem", bundle, 0o644), "connect_timeout_ms": 5000, "timeout_ms": 20000}
        place.configure()
        place.start_daemon()
        by_case = {account.case: account for account in place.accounts}
        ends, said = collect(place, by_case["fine"])
        if ends != 0:
            fail(f"the one that is right: {said}")
        for case, account in by_case.items():
            if case == "fine":
                continue
            ends, said = collect(place, account)
            if ends != 1:
                fail(f"{case}: collect ends with {ends}: {said}")
            refused(place, account, said)
            print(f"{case}: {next(line for line in said.splitlines() if CASES[case][0] in line)}")
        # the file of trusted certificates grows where it is: nobody is told
        with open(fronts.own[0], encoding="ascii") as file:
            place.write("bundle.pem", bundle + file.read(), 0o644)
        place.until(place.now() + 120, 30)
        place.dawdle()
        ends, said = collect(place, by_case["self-signed"])
        if ends != 0:
            fail(f"with its certificate in ca_file: {said}")
        # another file, and a reload
        with open(fronts.own[0], encoding="ascii") as own, open(fronts.other, encoding="ascii") as other:
            place.http["ca_file"] = place.write("both.pem", bundle + own.read() + other.read(), 0o644)
        place.configure()
        os.kill(place.daemon.pid, signal.SIGHUP)
        place.await_that(lambda: "read again" in place.read("metricsd.log"), "the reload")
        ends, said = collect(place, by_case["unknown"])
        if ends != 0:
            fail(f"with its authority in ca_file: {said}")
        # the others' administrators mend them: the next day it goes on by itself
        fronts.mend()
        place.until(place.now() + DAY, 60)
        place.dawdle()
        place.alive()
        found = place.against_truth(place.months()[0], complete=True)
        place.stop_daemon()
        place.check_store()
        place.no_secret()
        print(f"{len(CASES) - 1} wrong fronts, nothing sent to any; mended without a restart; figures: {found}")


if __name__ == "__main__":
    sys.exit(run(part))
