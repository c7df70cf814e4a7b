// Chunks that this library encodes, written by H5Dwrite_chunk, are what h5py reads back.

#include <algorithm>
#include <gtest/gtest.h>

#include "tests/support/process.hpp"
#include "tests/unit/codec/cases.hpp"
#include "tests/unit/codec/hdf5.hpp"

namespace neurotape::codec {
namespace {

using namespace support;

struct Shape {
  hsize_t rows;
  hsize_t chunk_rows;
};
// The last chunk is a partial one; a large chunk is many blocks of deflate and Blosc.
constexpr Shape kSmall = {2500, 1000};
constexpr Shape kLarge = {300'000, 200'000};

struct Element {
  const char* name;
  hid_t type;
  std::size_t bytes;
};

class ChunkFile {
 public:
  explicit ChunkFile(const std::filesystem::path& path)
      : file_(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)),
        stored_(H5Gcreate2(file_, "stored", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)),
        expected_(H5Gcreate2(file_, "expected", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)) {}

  void add(const Codec& codec, const Element& element, Data data, const Shape& shape = kSmall) {
    const std::string name = codec.to_string() + " " + element.name + " " + std::to_string(static_cast<int>(data)) +
                             " " + std::to_string(shape.rows);
    const Bytes values = make_data(data, shape.rows * element.bytes, element.bytes);
    const Hdf5Id space(H5Screate_simple(1, &shape.rows, nullptr));
    const Hdf5Id twin(H5Dcreate2(expected_, name.c_str(), element.type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    checked(H5Dwrite(twin, element.type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), "H5Dwrite");
    add_chunks(name, codec, element, space, values, shape);
    ++datasets_;
  }

  int datasets() const noexcept { return datasets_; }

 private:
  void add_chunks(const std::string& name, const Codec& codec, const Element& element, hid_t space, const Bytes& values,
                  const Shape& shape) {
    const std::size_t chunk_bytes = shape.chunk_rows * element.bytes;
    const Hdf5Id plist(H5Pcreate(H5P_DATASET_CREATE));
    checked(H5Pset_chunk(plist, 1, &shape.chunk_rows), "H5Pset_chunk");
    const auto filters = filter_pipeline(codec, element.bytes, chunk_bytes);
    for (const Filter& filter : filters)
      checked(H5Pset_filter(plist, static_cast<H5Z_filter_t>(filter.id),
                            filter.optional ? H5Z_FLAG_OPTIONAL : H5Z_FLAG_MANDATORY, filter.parameters.size(),
                            filter.parameters.data()),
              "H5Pset_filter");
    const Hdf5Id dataset(H5Dcreate2(stored_, name.c_str(), element.type, space, H5P_DEFAULT, plist, H5P_DEFAULT));
    EXPECT_EQ(filters_of(dataset), filters) << name;

    for (hsize_t row = 0; row < shape.rows; row += shape.chunk_rows) {
      const std::size_t first = row * element.bytes;
      Bytes chunk(chunk_bytes);
      std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(first), std::min(chunk_bytes, values.size() - first),
                  chunk.begin());
      const StoredChunk encoded = encode(codec, element.bytes, chunk);
      checked(
          H5Dwrite_chunk(dataset, H5P_DEFAULT, encoded.filter_mask, &row, encoded.bytes.size(), encoded.bytes.data()),
          "H5Dwrite_chunk");
    }
  }

  Hdf5Id file_, stored_, expected_;
  int datasets_ = 0;
};

/// \returns the number of datasets.
int write_every(const std::filesystem::path& path, const std::vector<Codec>& codecs) {
  const Hdf5Id text(H5Tcopy(H5T_C_S1));
  checked(H5Tset_size(text, 64), "H5Tset_size");
  const Element elements[] = {{"u8", H5T_NATIVE_UINT8, 1},  {"i16", H5T_NATIVE_INT16, 2},  {"f32", H5T_NATIVE_FLOAT, 4},
                              {"i64", H5T_NATIVE_INT64, 8}, {"f64", H5T_NATIVE_DOUBLE, 8}, {"s64", text, 64}};
  ChunkFile file(path);
  for (const Codec& codec : codecs) {
    for (const Data data : kEveryData) file.add(codec, {"f32", H5T_NATIVE_FLOAT, 4}, data, kLarge);
    for (const Element& element : elements)
      for (const Data data : kEveryData)
        if (element.type != text || data != Data::random) file.add(codec, element, data);  // text ends at its zeros
  }
  return file.datasets();
}

std::vector<Codec> of_blosc(bool wanted) {
  std::vector<Codec> codecs = every_codec();
  std::erase_if(codecs, [&](const Codec& codec) {
    const auto filters = filter_pipeline(codec, 1, 1);
    return (filters.front().id == kBlosc) != wanted;
  });
  return codecs;
}

class WrittenChunks : public testing::Test {
 protected:
  void SetUp() override {
    if (!have_python()) GTEST_SKIP() << "no python3 with h5py";
    // What is written must not depend on the plug-ins that the writer's machine has.
    checked(H5PLset_loading_state(0), "H5PLset_loading_state");
  }

  TemporaryDirectory directory_;
};

TEST_F(WrittenChunks, AreReadByH5pyWithoutAnyPlugin) {
  const auto path = directory_ / "chunks.h5";
  const int datasets = write_every(path, of_blosc(false));
  const Finished reader = run_python("unit/codec/read_chunks.py", {path.string()}, "/nowhere");
  EXPECT_EQ(reader.output, "equal: " + std::to_string(datasets) + "\n");
  EXPECT_EQ(reader.status, 0);
}

TEST_F(WrittenChunks, OfBloscAreReadByH5pyWithItsPlugin) {
  const auto path = directory_ / "chunks.h5";
  const int datasets = write_every(path, of_blosc(true));
  const Finished reader = run_python("unit/codec/read_chunks.py", {path.string()});
  if (reader.status == 3) GTEST_SKIP() << "h5py finds no Blosc plug-in in " << plugin_path();
  EXPECT_EQ(reader.output, "equal: " + std::to_string(datasets) + "\n");
  EXPECT_EQ(reader.status, 0);
}

}  // namespace
}  // namespace neurotape::codec
