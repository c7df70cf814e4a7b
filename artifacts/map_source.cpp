#include "artifacts/map_source.hpp"

namespace neurotape::artifacts {
namespace {

class Directory final : public MapSource {
 public:
  explicit Directory(const std::filesystem::path& path) : reader_(path) {}
  const std::vector<std::string>& file_ids() const noexcept override { return reader_.file_ids(); }
  AttentionMap load(std::string_view file_id) const override { return reader_.load(file_id); }

 private:
  const AttentionMapReader reader_;
};

}  // namespace

std::unique_ptr<MapSource> open_maps(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(path, ignored)) return open_packed_maps(path);
  return std::make_unique<Directory>(path);
}

}  // namespace neurotape::artifacts
