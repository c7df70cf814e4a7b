// What packed files are in a build that knows no HDF5.

#include "artifacts/map_source.hpp"

#if !NEUROTAPE_WITH_HDF5

namespace neurotape {
namespace {

[[noreturn]] void no_hdf5(const std::filesystem::path& file) {
  throw Error(ErrorCode::unsupported, "this library was built without HDF5 (NEUROTAPE_HDF5)", {.path = file.string()});
}

}  // namespace

std::unique_ptr<artifacts::MapSource> artifacts::open_packed_maps(const std::filesystem::path& file,
                                                                  const RunOptions&) {
  no_hdf5(file);
}
std::uint64_t pack_attention_maps(const std::filesystem::path&, const std::filesystem::path& file) { no_hdf5(file); }
std::uint64_t unpack_attention_maps(const std::filesystem::path& file, const std::filesystem::path&,
                                    const AttentionMapOptions&, const RunOptions&) {
  no_hdf5(file);
}

}  // namespace neurotape

#endif
