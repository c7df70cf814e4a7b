#include "loader/neuron_index.hpp"

#include <fmt/format.h>

#include "loader/convert.hpp"
#include "loader/hdf5_call.hpp"

namespace neurotape::loader {
namespace {

std::shared_ptr<const Dataset> open_column(const std::shared_ptr<const File>& file, const std::string& group,
                                           const char* name, const Place& place) {
  auto column = Dataset::open(file, group + "/" + name, place);
  const auto& layout = column->layout();
  const bool exact = std::string_view(name) == "times";
  if (!layout.dtype || layout.dimensions.size() != 1 ||
      (exact ? *layout.dtype != Dtype::f64 : !is_integer(*layout.dtype)))
    damaged(
        fmt::format("its index: '{}' is {}, not one column of {}", name, layout.type, exact ? "float64" : "integers"),
        place);
  return column;
}

std::uint64_t value_at(const Dataset& column, std::uint64_t position) {
  std::uint64_t value = 0;
  read_as(column, {position, 1}, Dtype::u64, std::as_writable_bytes(std::span(&value, 1)));
  return value;
}

template <class T>
void append(const Dataset& column, RowRange rows, Dtype type, std::vector<T>& to) {
  column.check_claim(rows.count * sizeof(T));
  const auto before = to.size();
  to.resize(before + static_cast<std::size_t>(rows.count));
  read_as(column, rows, type, std::as_writable_bytes(std::span(to).subspan(before)));
}

}  // namespace

NeuronIndex::NeuronIndex(const std::shared_ptr<const File>& file, const std::string& group, const Place& place,
                         std::uint64_t rows, bool has_times)
    : ids_(open_column(file, group, "neuron_ids", place)),
      ends_(open_column(file, group, "ends", place)),
      timesteps_(open_column(file, group, "timesteps", place)),
      rows_(open_column(file, group, "rows", place)),
      times_(has_times ? open_column(file, group, "times", place) : nullptr),
      time_(timesteps_, timesteps_->rows(), file, "") {
  if (ids_->rows() != ends_->rows())
    damaged(fmt::format("its index has {} neurons, but {} ends", ids_->rows(), ends_->rows()), place);
  for (const auto* column : {timesteps_.get(), rows_.get(), times_.get()})
    if (column != nullptr && column->rows() != rows)
      damaged(fmt::format("its index has {} spikes, but there are {}", column->rows(), rows), place);
}

RowRange NeuronIndex::find(std::uint64_t neuron_id) const {
  std::uint64_t low = 0, high = ids_->rows();
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (value_at(*ids_, middle) < neuron_id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == ids_->rows() || value_at(*ids_, low) != neuron_id) return {};
  const std::uint64_t first = low == 0 ? 0 : value_at(*ends_, low - 1), end = value_at(*ends_, low);
  if (first > end || end > rows_->rows())
    damaged(fmt::format("its index says that neuron {} has the spikes {} to {}", neuron_id, first, end), ids_->place());
  return {first, end - first};
}

RowRange NeuronIndex::find(RowRange of_neuron, std::int64_t from, std::int64_t to) const {
  return time_.find_within(of_neuron, from, to);
}

void NeuronIndex::read(RowRange spikes, Spikes& to) const {
  append(*timesteps_, spikes, Dtype::i64, to.timesteps);
  append(*rows_, spikes, Dtype::u64, to.rows);
  if (times_) append(*times_, spikes, Dtype::f64, to.times);
}

}  // namespace neurotape::loader
