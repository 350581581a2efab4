// Reads a graph ("n m", then m lines "u v weight") from stdin and prints what LEMON's MaxWeightedMatching makes of it: seconds
// of the matching alone, its weight, and the most memory this process ever had resident, in KiB.

#include <chrono>
#include <cstdio>
#include <vector>

#include <lemon/matching.h>
#include <lemon/smart_graph.h>

using Graph = lemon::SmartGraph;
using Weights = Graph::EdgeMap<long long>;

// peakKiB is VmHWM; getrusage would count what the parent had resident when it started this process.
static long peakKiB() {
  std::FILE *status = std::fopen("/proc/self/status", "r");
  if (status == nullptr) return 0;
  char line[256];
  long kib = 0;
  while (std::fgets(line, sizeof line, status) != nullptr)
    if (std::sscanf(line, "VmHWM: %ld", &kib) == 1) break;
  std::fclose(status);
  return kib;
}

int main() {
  int n, m;
  if (std::scanf("%d %d", &n, &m) != 2) return 1;
  Graph graph;
  graph.reserveNode(n);
  graph.reserveEdge(m);
  std::vector<Graph::Node> nodes(n);
  for (Graph::Node &node : nodes) node = graph.addNode();
  Weights weights(graph);
  for (int i = 0; i < m; i++) {
    int u, v;
    long long weight;
    if (std::scanf("%d %d %lld", &u, &v, &weight) != 3) return 1;
    weights[graph.addEdge(nodes[u], nodes[v])] = weight;
  }

  const auto start = std::chrono::steady_clock::now();
  lemon::MaxWeightedMatching<Graph, Weights> matching(graph, weights);
  matching.run();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;

  std::printf("%.6f %lld %ld\n", took.count(), static_cast<long long>(matching.matchingWeight()), peakKiB());
}
