#include "loader/table.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "loader/dataset.hpp"

namespace neurotape {
namespace loader {
namespace {

class Table final : public detail::TableSource {
 public:
  explicit Table(Place place) : place_(std::move(place)) {}

  const std::vector<StreamColumn>& columns() const noexcept override { return columns_; }
  std::uint64_t rows() const noexcept override { return rows_; }

  std::size_t check(std::string_view name, Dtype dtype) const override {
    const Dataset& dataset = find(name);
    if (dataset.layout().dtype != dtype)
      throw Error(ErrorCode::wrong_type,
                  fmt::format("column '{}' is {}, not {}", name, dataset.layout().type, dtype_name(dtype)),
                  context_of(place_));
    dataset.check_claim(rows_ * dtype_bytes(dtype));
    return static_cast<std::size_t>(rows_);
  }

  void read(std::string_view name, Dtype dtype, std::span<std::byte> out) const override {
    find(name).read({0, rows_}, out);
    if (dtype == Dtype::boolean)
      for (auto& byte : out) byte = byte == std::byte{0} ? std::byte{0} : std::byte{1};
  }

  void add(const std::string& name, std::shared_ptr<const Dataset> dataset) {
    const auto& layout = dataset->layout();
    if (layout.dimensions.size() != 1 || (!columns_.empty() && dataset->rows() != rows_))
      damaged(fmt::format("column '{}' does not have one value for each of {} rows", name, rows_), place_);
    rows_ = dataset->rows();
    columns_.push_back({.name = name,
                        .dtype = layout.dtype.value_or(Dtype::u8),
                        .text_bytes = layout.dtype ? 0 : static_cast<std::uint32_t>(layout.element_bytes),
                        .shape = {},
                        .chunk_rows = dataset->chunk_rows(),
                        .stored_bytes = dataset->stored_bytes(),
                        .raw_bytes = rows_ * dataset->row_bytes()});
    datasets_.push_back(std::move(dataset));
  }

 private:
  const Dataset& find(std::string_view name) const {
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i].name == name) return *datasets_[i];
    std::vector<std::string> names;
    for (const auto& column : columns_) names.push_back(column.name);
    throw Error(ErrorCode::not_found,
                names.empty() ? fmt::format("there is no column '{}'; none was saved", name)
                              : fmt::format("there is no column '{}'; there are: {}", name, fmt::join(names, ", ")),
                context_of(place_));
  }

  Place place_;
  std::vector<StreamColumn> columns_;
  std::vector<std::shared_ptr<const Dataset>> datasets_;
  std::uint64_t rows_ = 0;
};

}  // namespace

std::shared_ptr<const detail::TableSource> open_table(const std::shared_ptr<const File>& file,
                                                      const std::string& group) {
  Place place;
  if (file) place = file->place();
  place.stream = group.substr(1);
  auto table = std::make_shared<Table>(place);
  if (!file) return table;
  const Hdf5Lock lock;
  if (kind_of(file->id(), group, place) != LinkKind::group) return table;
  for (const auto& name : names_in(file->id(), group, place)) {
    const std::string path = fmt::format("{}/{}", group, name);
    if (kind_of(file->id(), path, place) == LinkKind::dataset) table->add(name, Dataset::open(file, path, place));
  }
  return table;
}

}  // namespace loader

std::vector<std::string> NetworkTable::names() const {
  std::vector<std::string> names;
  for (const auto& column : columns()) names.push_back(column.name);
  return names;
}

bool NetworkTable::contains(std::string_view name) const noexcept {
  return std::any_of(columns().begin(), columns().end(), [&](const auto& column) { return column.name == name; });
}

}  // namespace neurotape
