"""The name of a workload and a number of deliveries -> what SimPy counts of them, on one line.

    simpy_peer.py burst|spread|dead N

One process for each delivery, as SimPy's own examples have it.
"""

import sys

import simpy

DELAYS = [0, 0, 0, 5, 5, 5, 5, 10, 15, 20, 25, 30, 30, 30]


def main(workload, posts):
    spread = 0 if workload == "burst" else 60
    until = float("inf") if workload == "dead" else 100
    counts = {"attempts": 0, "delivered": 0, "latency": 0.0}
    environment = simpy.Environment()

    def delivery():
        posted = environment.now
        for delay in [None, *DELAYS]:
            if delay is not None:
                yield environment.timeout(delay)
            counts["attempts"] += 1
            if environment.now >= until:
                counts["delivered"] += 1
                counts["latency"] += environment.now - posted
                return

    def sender():
        for number in range(posts):
            at = number * spread / posts
            if at > environment.now:
                yield environment.timeout(at - environment.now)
            environment.process(delivery())

    environment.process(sender())
    environment.run()
    mean = counts["latency"] / max(counts["delivered"], 1)
    print(f"attempts={counts['attempts']} delivered={counts['delivered']} latency={mean:.3f}")


main(sys.argv[1], int(sys.argv[2]))
