#!/usr/bin/python3
"""Every way in which a network fails, each at an account of its own, between the real metricsd and its providers."""
import gzip
import sys
import time

from installation import DAY, Account, Installation, fail, run

REQUESTS = ["close-unanswered", "reset-unanswered", "silent", "delay", "cut-head", "cut-body", "reset-body", "silent-body",
            "half-close", "chunked", "cut-chunk", "cut-chunk-size", "no-last-chunk", "bad-chunk-size", "until-close",
            "until-close-cut", "drip-head", "drip-body", "corrupt-head", "corrupt-body", "twice", "length-too-long",
            "length-too-short", "close-after", "reset-after"]
CONNECTIONS = ["reset-at-once", "close-at-once", "silent-at-once"]
BYTES = ["cut-up", "cut-down", "reset-up", "reset-down", "silent-up", "silent-down", "half-close-down", "drip-down",
         "late-down"]
PORTS = ["refuse", "deaf"]


def canned():
    """Answers no provider gives, as files of bytes."""
    def answer(status, body, *more):
        head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *more, "", ""])
        return head.encode() + body

    page = b"<html><head><title>Sign in</title></head><body><form>...</form></body></html>"
    json = ("Content-Type: application/json",)
    return {
        "portal": answer("200 OK", page, "Content-Type: text/html"),
        "redirect": answer("302 Found", b"", "Location: http://127.0.0.1:1/sign-in"),
        "bad-gateway": answer("502 Bad Gateway", b"<html>502</html>"),
        "unavailable": answer("503 Service Unavailable", b"<html>503</html>", "Retry-After: 7"),
        "gateway-timeout": answer("504 Gateway Timeout", b""),
        "too-many": answer("429 Too Many Requests", b"slow down", "Retry-After: 30"),
        "empty": answer("200 OK", b"", *json),
        "no-http": bytes(range(256)) * 8,
        "nested": answer("200 OK", b"[" * 200000, *json),
        "not-utf8": answer("200 OK", b'{"data":[{"id":"\xff\xfe"}]}', *json),
        "absurd": answer("200 OK", b'{"data":[{"name":"page_views_total","values":[{"value":1e400}]}]}', *json),
        "bad-gzip": answer("200 OK", b"\x1f\x8b\x08\x00 this is none", "Content-Encoding: gzip", *json),
        "gzip-bomb": answer("200 OK", gzip.compress(bytes(48 << 20)), "Content-Encoding: gzip", *json),
        "endless-body": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b'[[["' + b"a" * 64,
        "endless-head": b"HTTP/1.1 200 OK\r\n" + b"X-Filler: " + b"a" * 52 + b"\r\n",
        "endless-head-line": b"HTTP/1.1 200 OK\r\nX-Filler: " + b"a" * 64,
        "endless-continue": b"HTTP/1.1 100 Continue\r\nX-Filler: aaaaaaaaaaa\r\n\r\n" * 3 +
                            b"HTTP/1.1 100 Continue\r\nX-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaa\r\n\r\n"[:64],
    }


ARGUMENTS = {"delay": 15}


def build_doors(place):
    """An account for each fault, of each platform in turn; those of bytes behind a raw door."""
    proxy = place.start_proxy()
    place.accounts = [Account(("facebook", "instagram", "matomo")[i % 3], i, "", f"{'matomo' if i % 3 == 2 else 'meta'}{i}")
                      for i in range(len(REQUESTS) + len(CONNECTIONS) + len(BYTES) + len(PORTS) + len(canned()))]
    upstream = place.start_simulator("--page-limit", "25")
    kinds = REQUESTS + CONNECTIONS + BYTES + PORTS + list(canned())
    for kind, answer in canned().items():
        proxy.say("canned", kind, place.write(f"canned-{kind}", answer))
    for i, (kind, account) in enumerate(zip(kinds, place.accounts)):
        port = proxy.door(kind, "raw" if kind in BYTES else "http", upstream)
        account.door = f"http://127.0.0.1:{port}"
    return kinds


def break_all(place, kinds, seed):
    for i, kind in enumerate(kinds):
        if kind in PORTS:
            place.proxy.rule(kind, kind)
        elif kind in BYTES:
            place.proxy.rule(kind, kind, -200, "every", 2, seed * 1000 + i)
        else:
            place.proxy.rule(kind, kind, ARGUMENTS.get(kind, 0), "every", 2 if kind in CONNECTIONS else 4, seed * 1000 + i)


def mend_all(place, kinds):
    for kind in kinds:
        place.proxy.rule(kind)


def quiet_window(place, kinds, seconds):
    """Everybody hangs, in real time: the loop answers, and does nothing but wait."""
    for kind in kinds:
        if kind not in PORTS and kind not in BYTES:
            place.proxy.rule(kind, ("silent", "drip-head", "silent-body", "drip-body")[len(kind) % 4])
        elif kind in BYTES:
            place.proxy.rule(kind, "silent-down", 10)
        else:
            place.proxy.rule(kind, "deaf")
    collecting = place.spawn_ctl("collect")
    time.sleep(0.7)
    cpu, turns, began, slowest = place.cpu(), place.page.turns, time.monotonic(), 0
    answers = 0
    while time.monotonic() < began + seconds:
        slowest = max(slowest, place.status()[1])
        answers += 1
        time.sleep(0.1)
    wall = time.monotonic() - began
    cpu, turns = (place.cpu() - cpu) / wall, (place.page.turns - turns) / wall
    flight = place.status()[0].get("in_flight")
    ends, said = place.ctl("status")
    if ends not in (0, 1):
        fail(f"metricsctl status during faults: {ends} {said}")
    if not flight:
        fail("nothing hung in the window in which everything should")
    if slowest > 1:
        fail(f"status took {slowest:.2f} s")
    # drips come every 20 ms to each of some connections: so many turns are work
    if cpu > 0.25 or turns > 3000:
        fail(f"busy while everything hangs: {cpu:.2f} s CPU a second, {turns:.0f} turns a second")
    print(f"{flight} requests hang: {cpu:.3f} s CPU a second, {turns:.0f} turns of the loop a second; "
          f"{answers} times asked, the slowest answer after {slowest * 1000:.0f} ms")
    return collecting


def part(build, seed, long):
    with Installation(build, seed) as place:
        kinds = build_doors(place)
        place.http = {"connect_timeout_ms": 10000, "timeout_ms": 60000, "body_max": 4 << 20}
        place.configure()
        place.start_daemon()
        place.hurry()
        # one good sweep first: what the faults leave behind is measured against that
        place.collect_all()
        place.dawdle()
        before = place.at_rest()
        for turn in range(12 if long else 1):
            place.page.put("offset_ns", place.page.offset_ns + DAY * 10**9)
            break_all(place, kinds, seed + turn)
            place.hurry()
            for _ in range(3 if long else 2):
                ends, said = place.ctl("collect")
                place.alive()
                if ends not in (0, 1):
                    fail(f"collect ends with {ends}: {said}")
            place.dawdle()
        collecting = quiet_window(place, kinds, 10 if long else 2)
        mend_all(place, kinds)
        place.hurry()
        collecting.communicate(timeout=120)
        place.collect_all()
        place.dawdle()
        after = place.at_rest()
        counts = place.proxy.counts()
        for kind in kinds:
            if not counts.get(kind):
                fail(f"the fault {kind} was never met")
        found = place.against_truth(place.months()[0], complete=True)
        for kind, number in place.against_truth(place.months()[1]).items():
            found[kind] += number
        place.stop_daemon()
        place.check_store()
        place.no_secret()
        print("faults: " + ", ".join(f"{kind} {counts[kind]}" for kind in kinds))
        print(f"{sum(counts.values())} faults of {len(kinds)} kinds; figures against the truth: {found}")
        print("descriptors, threads, KiB of its own: before %d %d %d, after %d %d %d" % (*before, *after))
        if after[0] > before[0] or after[1] > before[1]:
            fail(f"descriptors and threads grew from {before[:2]} to {after[:2]}")


if __name__ == "__main__":
    sys.exit(run(part))
