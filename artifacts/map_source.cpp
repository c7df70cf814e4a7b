#include "artifacts/map_source.hpp"

namespace neurotape::artifacts {
namespace {

class Directory final : public MapSource {
 public:
  explicit Directory(const std::filesystem::path& path) : reader_(open_directory_of_maps(path)) {}
  const std::vector<std::string>& file_ids() const noexcept override { return reader_.file_ids(); }
  AttentionMap load(std::string_view file_id) const override { return reader_.load(file_id); }

 private:
  const AttentionMapReader reader_;
};

}  // namespace

AttentionMapReader open_directory_of_maps(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto inside = path / "attention_maps";
  AttentionMapReader reader(std::filesystem::is_directory(inside, ignored) ? inside : path);
  if (reader.size() == 0) throw Error(ErrorCode::not_found, "there are no attention maps", {.path = path.string()});
  return reader;
}

std::unique_ptr<MapSource> open_maps(const std::filesystem::path& path, const RunOptions& how) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(path, ignored)) return open_packed_maps(path, how);
  return std::make_unique<Directory>(path);
}

}  // namespace neurotape::artifacts
