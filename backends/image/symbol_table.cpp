#include <algorithm>

#include "backends/image/tables.hpp"

namespace neurotape::image {
namespace {

// Of a file whose superblock does not say otherwise: half of what a node holds is K.
constexpr std::size_t kLinksOfNode = 2 * 4;
constexpr std::size_t kChildrenOfNode = 2 * 16;
constexpr std::size_t kLinkBytes = 40;
constexpr std::size_t kTreeNodeBytes = 24 + (kChildrenOfNode + 1) * 8 + kChildrenOfNode * 8;

/// A node, and where its last name lies in the heap.
struct Node {
  std::uint64_t address = kNowhere;
  std::uint64_t last_name = 0;
};

struct Link {
  std::uint64_t name = 0;
  std::uint64_t address = kNowhere;
};

std::uint64_t append_heap(Image& image, const Bytes& names) {
  constexpr std::uint64_t kNothingFree = 1;
  const auto data = image.append(names);
  Bytes heap;
  put(heap, "HEAP");
  put(heap, 0, 4);
  put(heap, names.size(), 8);
  put(heap, kNothingFree, 8);
  put(heap, data, 8);
  return image.append(heap);
}

std::vector<Node> append_link_nodes(Image& image, std::span<const Link> links) {
  std::vector<Node> nodes;
  while (!links.empty()) {
    const auto part = links.first(std::min(links.size(), kLinksOfNode));
    Bytes node;
    put(node, "SNOD");
    put(node, 1, 2);
    put(node, part.size(), 2);
    for (const auto& link : part) {
      put(node, link.name, 8);
      put(node, link.address, 8);
      put_zeros(node, kLinkBytes - 16);
    }
    put_zeros(node, (kLinksOfNode - part.size()) * kLinkBytes);
    nodes.push_back({image.append(node), part.back().name});
    links = links.subspan(part.size());
  }
  return nodes;
}

std::vector<Node> append_tree_nodes(Image& image, std::span<const Node> children, std::uint64_t level) {
  std::vector<Node> nodes;
  const auto first = image.end();
  const auto count = (children.size() + kChildrenOfNode - 1) / kChildrenOfNode;
  std::uint64_t name_before = 0;  // the empty one
  for (std::size_t i = 0; i < count; ++i) {
    const auto part =
        children.subspan(i * kChildrenOfNode, std::min(kChildrenOfNode, children.size() - i * kChildrenOfNode));
    Bytes node;
    put(node, "TREE");
    put(node, 0, 1);  // of links
    put(node, level, 1);
    put(node, part.size(), 2);
    put(node, i == 0 ? kNowhere : first + (i - 1) * kTreeNodeBytes, 8);
    put(node, i + 1 == count ? kNowhere : first + (i + 1) * kTreeNodeBytes, 8);
    put(node, name_before, 8);
    for (const auto& child : part) {
      put(node, child.address, 8);
      put(node, child.last_name, 8);
    }
    node.resize(kTreeNodeBytes);
    name_before = part.back().last_name;
    nodes.push_back({image.append(node), name_before});
  }
  return nodes;
}

}  // namespace

SymbolTable append_symbol_table(Image& image, const std::map<std::string, std::uint64_t>& links) {
  Bytes names(8);  // the empty name, with which the tree begins
  std::vector<Link> placed;
  for (const auto& [name, address] : links) {
    placed.push_back({names.size(), address});
    put(names, name);
    put_zeros(names, 8 - name.size() % 8);
  }
  const auto heap = append_heap(image, names);
  auto nodes = append_link_nodes(image, placed);
  std::uint64_t level = 0;
  do nodes = append_tree_nodes(image, nodes, level++);
  while (nodes.size() > 1);
  return {nodes.front().address, heap};
}

}  // namespace neurotape::image
