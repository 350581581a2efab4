"""Reads a graph ("n m", then m lines "u v weight") from stdin and prints the seconds of networkx.max_weight_matching, its weight,
and the most memory this process ever had resident, in KiB."""

import sys
import time

import networkx

graph = networkx.Graph()
sys.stdin.readline()
for line in sys.stdin:
    u, v, weight = map(int, line.split())
    graph.add_edge(u, v, weight=weight)

start = time.perf_counter()
matching = networkx.max_weight_matching(graph)
took = time.perf_counter() - start

with open("/proc/self/status") as status:
    peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
print(f"{took:.6f} {sum(graph[u][v]['weight'] for u, v in matching)} {peak}")
