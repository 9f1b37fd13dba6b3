// The peer of the benchmark of clearing: LEMON's minimum-cost flow on merged pairs of firms.
// usage: lemon FILE simplex|scaling      (FILE: int64 firms, pairs, then debtor, creditor, debt)
// prints the least sum left to pay, and the processor seconds of building the graph and solving.
#include <lemon/cost_scaling.h>
#include <lemon/network_simplex.h>
#include <lemon/static_graph.h>

#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>
#include <vector>

typedef long long Int;
typedef lemon::StaticDigraph Graph;

template <typename Solver>
static Int solved(const Graph& graph, const Graph::ArcMap<Int>& debt, const Graph::NodeMap<Int>& net) {
    Graph::ArcMap<Int> cost(graph, 1);
    Solver solver(graph);
    solver.upperMap(debt).costMap(cost).supplyMap(net);
    if (solver.run() != Solver::OPTIMAL) return -1;
    return solver.template totalCost<Int>();
}

int main(int count, char** given) {
    if (count != 3) return 2;
    FILE* file = std::fopen(given[1], "rb");
    Int size[2];
    if (!file || std::fread(size, sizeof(Int), 2, file) != 2) return 2;
    std::vector<Int> rows[3];
    for (auto& row : rows) {
        row.resize(size[1]);
        if (std::fread(row.data(), sizeof(Int), size[1], file) != (size_t)size[1]) return 2;
    }
    std::clock_t start = std::clock();
    std::vector<std::pair<int, int>> ends(size[1]);
    for (Int at = 0; at < size[1]; ++at) ends[at] = std::make_pair((int)rows[0][at], (int)rows[1][at]);
    Graph graph;
    graph.build((int)size[0], ends.begin(), ends.end());
    Graph::ArcMap<Int> debt(graph);
    Graph::NodeMap<Int> net(graph, 0);
    for (Int at = 0; at < size[1]; ++at) {
        debt[graph.arc((int)at)] = rows[2][at];
        net[graph.node((int)rows[0][at])] += rows[2][at];
        net[graph.node((int)rows[1][at])] -= rows[2][at];
    }
    Int left = std::strcmp(given[2], "simplex")
                   ? solved<lemon::CostScaling<Graph, Int, Int>>(graph, debt, net)
                   : solved<lemon::NetworkSimplex<Graph, Int, Int>>(graph, debt, net);
    std::printf("%lld %.6f\n", left, (double)(std::clock() - start) / CLOCKS_PER_SEC);
    return 0;
}
