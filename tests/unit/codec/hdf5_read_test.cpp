// Chunks that HDF5's own filters wrote, by way of h5py, decode to what was written.

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "tests/support/process.hpp"
#include "tests/unit/codec/cases.hpp"
#include "tests/unit/codec/hdf5.hpp"

namespace neurotape::codec {
namespace {

using namespace support;

std::vector<std::string> names_in(hid_t group) {
  std::vector<std::string> names;
  const auto add = [](hid_t, const char* name, const H5L_info_t*, void* to) {
    static_cast<std::vector<std::string>*>(to)->push_back(name);
    return herr_t{0};
  };
  checked(H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, add, &names), "H5Literate");
  return names;
}

struct Values {
  Bytes bytes;
  std::size_t element_bytes = 0;
};

Values plain_values(hid_t group, const std::string& name) {
  const Hdf5Id dataset(H5Dopen2(group, name.c_str(), H5P_DEFAULT));
  const Hdf5Id type(H5Dget_type(dataset)), space(H5Dget_space(dataset));
  Values values;
  values.element_bytes = H5Tget_size(type);
  values.bytes.resize(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)) * values.element_bytes);
  checked(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.bytes.data()), "H5Dread");
  return values;
}

class ChunkedDataset {
 public:
  ChunkedDataset(hid_t group, const std::string& name) : dataset_(H5Dopen2(group, name.c_str(), H5P_DEFAULT)) {}

  std::vector<Filter> filters() const { return filters_of(dataset_); }

  hsize_t chunk_rows() const {
    const Hdf5Id plist(H5Dget_create_plist(dataset_));
    hsize_t rows = 0;
    checked(H5Pget_chunk(plist, 1, &rows), "H5Pget_chunk");
    return rows;
  }

  StoredChunk chunk(hsize_t row) const {
    hsize_t bytes = 0;
    checked(H5Dget_chunk_storage_size(dataset_, &row, &bytes), "H5Dget_chunk_storage_size");
    StoredChunk stored{Bytes(bytes), 0};
    checked(H5Dread_chunk(dataset_, H5P_DEFAULT, &row, &stored.filter_mask, stored.bytes.data()), "H5Dread_chunk");
    return stored;
  }

 private:
  Hdf5Id dataset_;
};

class ChunksOfH5py : public testing::Test {
 protected:
  void SetUp() override {
    if (!have_python()) GTEST_SKIP() << "no python3 with h5py";
    const Finished writer = run_python("unit/codec/write_chunks.py", {path_.string()});
    ASSERT_EQ(writer.status, 0) << writer.output;
    file_.emplace(H5Fopen(path_.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT));
    stored_.emplace(H5Gopen2(*file_, "stored", H5P_DEFAULT));
    expected_.emplace(H5Gopen2(*file_, "expected", H5P_DEFAULT));
  }

  void expect_equal(const std::string& name) {
    const Values values = plain_values(*expected_, name);
    const ChunkedDataset dataset(*stored_, name);
    const auto filters = dataset.filters();
    ASSERT_TRUE(can_decode(filters)) << name;
    const hsize_t chunk_rows = dataset.chunk_rows();
    const std::size_t chunk_bytes = chunk_rows * values.element_bytes;
    for (std::size_t first = 0; first < values.bytes.size(); first += chunk_bytes) {
      const StoredChunk stored = dataset.chunk(first / values.element_bytes);
      const Bytes chunk = decode(filters, stored, chunk_bytes);
      const std::size_t used = std::min(chunk_bytes, values.bytes.size() - first);
      const auto begin = values.bytes.begin() + static_cast<std::ptrdiff_t>(first);
      EXPECT_TRUE(std::equal(begin, begin + static_cast<std::ptrdiff_t>(used), chunk.begin())) << name;
      masked_ += stored.filter_mask != 0 ? 1 : 0;
    }
    for (const Filter& filter : filters) seen_.insert(filter.id);
  }

  TemporaryDirectory directory_;
  std::filesystem::path path_ = directory_ / "chunks.h5";
  std::optional<Hdf5Id> file_, stored_, expected_;
  std::set<std::uint32_t> seen_;
  int masked_ = 0;
};

TEST_F(ChunksOfH5py, DecodeToTheirValues) {
  const auto names = names_in(*stored_);
  EXPECT_GE(names.size(), 6u * 3 * (6 * 4 + 1));
  for (const std::string& name : names) expect_equal(name);
  EXPECT_THAT(seen_, testing::IsSupersetOf({kDeflate, kShuffle, kFletcher32, kLzf}));
  EXPECT_GT(masked_, 0) << "no chunk left a filter out, so that this was not tried";
}

}  // namespace
}  // namespace neurotape::codec
