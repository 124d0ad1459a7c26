"""A wire between two network namespaces that delays and drops frames, for kernels without sch_netem.

Usage: wire.py NAMESPACE INTERFACE NAMESPACE INTERFACE RULES

Makes a TAP device in each namespace and carries frames from one to the other. RULES has a line for each address
(`ADDRESS MILLISECONDS LOSS_PERCENT`, `*` for all others), applied each way; SIGHUP reads it again.
"""

import ctypes
import fcntl
import heapq
import os
import random
import select
import signal
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TAP_NO_PI = 0x1002
ARP, IPV4, IPV6 = b"\x08\x06", b"\x08\x00", b"\x86\xdd"

libc = ctypes.CDLL(None, use_errno=True)


def open_tap(namespace, name):
    with open("/run/netns/" + namespace) as handle:
        if libc.setns(handle.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP_NO_PI))
    return tap


def read_rules(file):
    rules = {"*": (0.0, 0.0)}
    try:
        with open(file) as lines:
            for line in lines:
                address, delay, loss = line.split()
                rules[address] = (float(delay) / 1000, float(loss) / 100)
    except FileNotFoundError:
        pass
    return rules


def addresses(frame):
    kind = frame[12:14]
    if kind == IPV4:
        return (".".join(map(str, frame[26:30])), ".".join(map(str, frame[30:34])))
    if kind == IPV6:
        return (frame[22:38].hex(), frame[38:54].hex())
    return ()


def write(tap, frame):
    try:
        os.write(tap, frame)
    except OSError:  # the interface is down, or its queue full: lost, as on a real line
        pass


def carry(a, b, rules):
    queue, number = [], 0
    while True:
        while queue and queue[0][0] <= time.monotonic():
            _, _, tap, frame = heapq.heappop(queue)
            write(tap, frame)
        wait = max(0, queue[0][0] - time.monotonic()) if queue else None
        readable, _, _ = select.select([a, b], [], [], wait)
        for tap in readable:
            for _ in range(64):
                try:
                    frame = os.read(tap, 65535)
                except OSError:
                    break
                delay, loss = next((rules[one] for one in addresses(frame) if one in rules), rules["*"])
                if loss and frame[12:14] != ARP and random.random() < loss:
                    continue
                number += 1
                heapq.heappush(queue, (time.monotonic() + delay, number, b if tap == a else a, frame))


def main():
    namespace_a, name_a, namespace_b, name_b, file = sys.argv[1:6]
    a, b = open_tap(namespace_a, name_a), open_tap(namespace_b, name_b)
    rules = read_rules(file)

    def reload(*_):
        new = read_rules(file)
        rules.clear()
        rules.update(new)

    signal.signal(signal.SIGHUP, reload)
    carry(a, b, rules)


main()
