// The one file that knows all backends: what `Experiment::create` and `open` record into.

#include "neurotape/error.hpp"
#include "neurotape/maintenance.hpp"
#include "recorder/backend.hpp"

#if NEUROTAPE_WITH_HDF5
#include "backends/codec/encode.hpp"
#include "backends/codec/filters.hpp"
#include "backends/hdf5/backend.hpp"
#include "backends/hdf5/recover.hpp"
#endif

namespace neurotape {

#if NEUROTAPE_WITH_HDF5

namespace {

class Codecs final : public CodecLibrary {
 public:
  std::unique_ptr<Encoder> make_encoder(const Codec& codec, std::size_t element_bytes) const override {
    return codec::make_encoder(codec, element_bytes);
  }
  std::vector<Filter> filters(const Codec& codec, std::size_t element_bytes, std::size_t chunk_bytes) const override {
    return codec::filter_pipeline(codec, element_bytes, chunk_bytes);
  }
};

}  // namespace

std::unique_ptr<Backend> create_run(const std::filesystem::path& parent, const RunInfo& info,
                                    const StorageOptions& options) {
  return hdf5::create_run(parent, info, std::make_unique<Codecs>(), options);
}

std::unique_ptr<Backend> open_run(const std::filesystem::path& path, const StorageOptions& options) {
  return hdf5::open_run(path, std::make_unique<Codecs>(), options);
}

RecoveryReport recover(const std::filesystem::path& run, const std::filesystem::path& copy_to) {
  return hdf5::recover_run(run, copy_to);
}

#else

namespace {

[[noreturn]] void no_backend() {
  throw Error(ErrorCode::unsupported,
              "this library was built without a backend that stores experiments (NEUROTAPE_HDF5)");
}

}  // namespace

std::unique_ptr<Backend> create_run(const std::filesystem::path&, const RunInfo&, const StorageOptions&) {
  no_backend();
}
std::unique_ptr<Backend> open_run(const std::filesystem::path&, const StorageOptions&) { no_backend(); }
RecoveryReport recover(const std::filesystem::path&, const std::filesystem::path&) { no_backend(); }
VerifyReport verify(const std::filesystem::path&, const VerifyOptions&) { no_backend(); }
CopyReport pack(const std::filesystem::path&, const std::filesystem::path&, const PackOptions&) { no_backend(); }
CopyReport unpack(const std::filesystem::path&, const std::filesystem::path&, const MergeOptions&) { no_backend(); }
CopyReport merge(const std::vector<std::filesystem::path>&, const std::filesystem::path&, const MergeOptions&) {
  no_backend();
}

#endif

}  // namespace neurotape
