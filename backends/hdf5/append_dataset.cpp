#include "backends/hdf5/append_dataset.hpp"

#include <algorithm>

namespace neurotape::hdf5 {
namespace {

constexpr std::size_t kChunkBytes = 8192;

Handle create(Library& library, hid_t group, const std::string& name, hid_t type, std::size_t record_bytes) {
  const auto space = create_space({0}, {H5S_UNLIMITED});
  const Dimensions chunk{std::max<hsize_t>(kChunkBytes / record_bytes, 1)};
  return create_dataset(group, name, type, space.get(), library.link_creation(),
                        library.chunked_creation(chunk, {}, false), library.dataset_access());
}

}  // namespace

void AppendDataset::append(Library& library, hid_t group, const void* records, std::uint64_t count) {
  if (count == 0) return;
  if (!dataset_) {
    dataset_ = rows_ == 0 ? create(library, group, name_, type_, record_bytes_)
                          : open_dataset(group, name_, library.dataset_access());
  }
  set_extent(dataset_.get(), {rows_ + count});
  write_rows(dataset_.get(), type_, rows_, count, records);
  rows_ += count;
}

void write_records(Library& library, hid_t group, const std::string& name, hid_t type, std::size_t record_bytes,
                   const void* records, std::uint64_t count) {
  const auto space = create_space({count}, {count});
  const auto dataset = create_dataset(group, name, type, space.get(), library.link_creation(),
                                      library.plain_creation(count * record_bytes), library.dataset_access());
  if (count != 0) write_all(dataset.get(), type, records);
}

}  // namespace neurotape::hdf5
