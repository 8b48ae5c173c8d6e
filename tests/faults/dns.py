#!/usr/bin/python3
"""Names that do not resolve in all the ways they may not: the real metricsd's loop answers meanwhile, and it collects again by
itself once they do. In a network of its own (unshare), with the system's own resolver asking a server of this test."""
import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import sys
import threading
import time

from certificates import Authority
from installation import Account, Installation, fail, run

NAME = "graph.example.test"
SKIPPED = 77
# how the server answers, and what the error must say
MODES = {
    "no-such-name": "Could not resolve host",
    "failing": "Could not resolve host",
    "refusing": "Could not resolve host",
    "empty": "Could not resolve host",
    "garbled": "Resolving timed out",
    "silent": "Resolving timed out",
    "elsewhere": "Failed to connect",
}
RIGHT = "right"


class NameServer(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.mode, self.asked = RIGHT, 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))

    def answer(self, question):
        end = question.index(b"\0", 12) + 5
        kind = struct.unpack_from(">H", question, end - 4)[0]
        code = {"no-such-name": 3, "failing": 2, "refusing": 5}.get(self.mode, 0)
        address = {RIGHT: "127.0.0.1", "elsewhere": "127.0.0.9"}.get(self.mode)
        found = kind == 1 and address
        head = question[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, 1 if found else 0, 0, 0)
        answer = head + question[12:end]
        if found:
            answer += b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 0, 4) + socket.inet_aton(address)
        return answer

    def run(self):
        while True:
            question, client = self.socket.recvfrom(4096)
            self.asked += 1
            if self.mode == "silent":
                continue
            if self.mode == "garbled":  # of another question: whoever asked goes on waiting
                self.socket.sendto(os.urandom(40), client)
                continue
            self.socket.sendto(self.answer(question), client)


def network_of_ones_own():
    """The loopback of a new network namespace, and the resolver's files over the system's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, 0x8913, request))[1]
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", flags | 1))
    libc = ctypes.CDLL(None, use_errno=True)
    for name, content in (("resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:2\n"),
                          ("nsswitch.conf", "hosts: files dns\n")):
        path = f"/tmp/faults-{os.getpid()}-{name}"
        with open(path, "w", encoding="ascii") as file:
            file.write(content)
        os.chmod(path, 0o644)
        if libc.mount(path.encode(), f"/etc/{name}".encode(), None, 4096, None) != 0:
            fail(f"mount over /etc/{name}: {os.strerror(ctypes.get_errno())}")
        os.remove(path)


def answers_in_time(place, seconds):
    slowest, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        slowest = max(slowest, place.status()[1])
        time.sleep(0.02)
    if slowest > 1:
        fail(f"the loop stood still for {slowest:.2f} s")
    return slowest


def part(build, seed, long):
    network_of_ones_own()
    server = NameServer()
    server.start()
    with Installation(build, seed, people=100) as place:
        place.start_proxy()
        place.accounts = [Account(("facebook", "instagram", "matomo")[i % 3], i, "", f"{'matomo' if i % 3 == 2 else 'meta'}{i}")
                          for i in range(3)]
        upstream = place.start_simulator("--page-limit", "25")
        authority = Authority(place.directory, "ca")
        port = place.proxy.door("front", "http", upstream)
        place.proxy.say("tls", "front", *authority.sign("front", [NAME]))
        for account in place.accounts:
            account.door = f"https://{NAME}:{port}"
        place.http = {"ca_file": authority.file, "connect_timeout_ms": 1500, "timeout_ms": 20000}
        place.configure()
        place.start_daemon()
        place.hurry()
        place.collect_all()
        place.dawdle()
        before = place.at_rest()
        for mode, words in MODES.items() if not long else list(MODES.items()) * 5:
            server.mode = mode
            # from a connection that is closed: kept ones need no name
            place.proxy.rule("front", "reset-at-once")
            place.until(place.now() + 3600, 30)
            place.proxy.rule("front")
            place.dawdle()
            asked = server.asked
            collecting = place.spawn_ctl("collect")
            slowest = answers_in_time(place, 2.5 if words.endswith("timed out") else 0.5)  # past the end of a look-up
            place.hurry()
            said, _ = collecting.communicate(timeout=60)
            if collecting.returncode != 1 or words not in said:
                fail(f"{mode}: collect ends with {collecting.returncode}: {said}")
            if server.asked == asked:
                fail(f"{mode}: nobody asked the name server")
            server.mode = RIGHT
            log = len(place.read("metricsd.log"))
            place.await_that(lambda: place.read("metricsd.log")[log:].count(" sweep done:") >= len(place.accounts),
                             f"sweeps by themselves after {mode}", 30)
            place.dawdle()
            print(f"{mode}: {server.asked - asked} questions, the slowest answer of the loop after {slowest * 1000:.0f} ms; "
                  "collects again by itself")
        place.hurry()
        place.collect_all()
        place.dawdle()
        time.sleep(2.5)  # threads of the resolver that were left to themselves
        after = place.at_rest()
        found = place.against_truth(place.months()[0], complete=True)
        place.stop_daemon()
        place.check_store()
        print(f"descriptors, threads, KiB of its own: before {before}, after {after}; figures: {found}")
        if after[0] > before[0] + 1 or after[1] > before[1]:
            fail(f"descriptors and threads grew from {before[:2]} to {after[:2]}")


def alone():
    """Again in a network and with mounts of our own."""
    words = ["unshare", "--mount", "--net"] + ([] if os.getuid() == 0 else ["--map-root-user"])
    if subprocess.run([*words, "true"], check=False, capture_output=True).returncode != 0:
        print("SKIPPED: this machine lets nobody have a network of his own (unshare --net)", file=sys.stderr)
        return SKIPPED
    return subprocess.run([*words, sys.executable, *sys.argv], env={**os.environ, "FAULTS_ALONE": "1"}, check=False).returncode


if __name__ == "__main__":
    sys.exit(run(part) if "FAULTS_ALONE" in os.environ else alone())
