#include "loader/dataset.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "loader/attributes.hpp"
#include "loader/dataset_layout.hpp"

namespace neurotape::loader {
namespace {

// Below this, a result is read whatever the file claims.
constexpr std::uint64_t kModestBytes = 64 << 20;
// No codec shrinks chunks by more.
constexpr std::uint64_t kMostRatio = 100'000;
constexpr std::size_t kMostKeptScratch = 4;
constexpr std::size_t kMostKeptBytes = 16 << 20;

}  // namespace

Dataset::Dataset(std::shared_ptr<const File> file, std::string path, Place place)
    : path_(std::move(path)), place_(std::move(place)), file_(std::move(file)) {}

std::shared_ptr<const Dataset> Dataset::open(std::shared_ptr<const File> file, const std::string& path, Place place) {
  std::shared_ptr<Dataset> dataset(new Dataset(std::move(file), path, std::move(place)));
  const Hdf5Lock lock;
  dataset->open_handle();
  dataset->layout_ = read_layout(dataset->handle_.get(), dataset->place_);
  const auto& layout = dataset->layout_;
  for (std::size_t i = 1; i < layout.dimensions.size(); ++i) dataset->row_values_ *= layout.dimensions[i];
  if (!layout.chunk.empty()) dataset->grid_ = ChunkGrid(layout.dimensions, layout.chunk, layout.element_bytes);
  if (dataset->file_->prober() && dataset->needs_filters_of_hdf5() &&
      dataset->rows() > kModestBytes / std::max<std::uint64_t>(1, dataset->row_bytes()))
    throw Error(ErrorCode::unsupported,
                fmt::format("'{}' has filters that only HDF5 knows, and is too large to be tried in a file that is not "
                            "trusted",
                            path),
                context_of(dataset->place_));
  dataset->stored_bytes_ = H5Dget_storage_size(dataset->handle_.get());
  const auto id = read_attribute(dataset->handle_.get(), "stream_id", dataset->place_);
  if (id.is_number_integer()) dataset->stream_id_ = id.get<std::uint64_t>();
  return dataset;
}

std::shared_ptr<const Dataset> Dataset::counting(std::uint64_t rows, Place place) {
  std::shared_ptr<Dataset> dataset(new Dataset(nullptr, "timesteps", std::move(place)));
  dataset->layout_.dtype = Dtype::i64;
  dataset->layout_.type = "int64";
  dataset->layout_.element_bytes = sizeof(std::int64_t);
  dataset->layout_.dimensions = {rows};
  dataset->counting_ = true;
  return dataset;
}

Dataset::~Dataset() {
  const Hdf5Lock lock;
  handle_.reset();
}

void Dataset::open_handle() const {
  handle_ = Handle(check(H5Dopen2(file_->id(), path_.c_str(), H5P_DEFAULT),
                         fmt::format("cannot open the dataset '{}'", path_), place_),
                   H5Dclose);
}

void Dataset::check_claim(std::uint64_t bytes) const {
  if (!counting_ && bytes > kModestBytes && bytes / kMostRatio > stored_bytes_)
    damaged(fmt::format("'{}' claims {} rows, which its {} stored bytes cannot hold", path_, rows(), stored_bytes_),
            place_);
}

std::unique_ptr<Scratch> Dataset::take_scratch() const {
  const std::lock_guard lock(scratch_mutex_);
  if (scratch_.empty()) return std::make_unique<Scratch>();
  auto scratch = std::move(scratch_.back());
  scratch_.pop_back();
  return scratch;
}

void Dataset::give_back(std::unique_ptr<Scratch> scratch) const {
  if (scratch->stored.size() + scratch->chunk.size() > kMostKeptBytes) return;
  const std::lock_guard lock(scratch_mutex_);
  if (scratch_.size() < kMostKeptScratch) scratch_.push_back(std::move(scratch));
}

}  // namespace neurotape::loader
