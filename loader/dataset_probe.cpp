#include <algorithm>

#include "loader/dataset.hpp"

namespace neurotape::loader {
namespace {

constexpr std::uint64_t kPieceBytes = 4 << 20;

}  // namespace

void Dataset::probe() const {
  if (counting_) return;
  if (rows() == 0 || row_bytes() == 0) return;
  if (!layout_.chunk.empty()) probe_chunk_index();
  if (layout_.decodable) return;
  // Without filters the last rows are read as the first ones are.
  const std::uint64_t piece = std::max<std::uint64_t>(1, kPieceBytes / row_bytes());
  const std::uint64_t step = needs_filters_of_hdf5() ? piece : std::max(piece, rows() - 1);
  detail::Storage values;
  for (std::uint64_t row = 0; row < rows(); row += step) {
    const RowRange range{row, std::min(piece, rows() - row)};
    values.resize(static_cast<std::size_t>(range.count * row_bytes()));
    read(range, values.bytes());
  }
}

/// Goes through the whole index, and looks its ends up as reading does.
void Dataset::probe_chunk_index() const {
  const Hdf5Lock lock;
  const Handle space(check(H5Dget_space(handle_.get()), "cannot read the shape of a dataset", place_), H5Sclose);
  hsize_t stored = 0;
  check(H5Dget_num_chunks(handle_.get(), space.get(), &stored), "cannot count the chunks of a dataset", place_);
  if (!layout_.decodable) return;
  const std::uint64_t groups = (rows() - 1) / grid_.rows_of_chunk() + 1;
  find_chunk(0, 0);
  if (groups * grid_.tiles() > 1) find_chunk(groups - 1, grid_.tiles() - 1);
}

}  // namespace neurotape::loader
