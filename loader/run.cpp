#include "neurotape/run.hpp"

#include <fmt/format.h>

#include "loader/catalog.hpp"
#include "loader/format.hpp"
#include "loader/table.hpp"

namespace neurotape {

Run::Run(const std::filesystem::path& path, const RunOptions& options)
    : catalog_(std::make_shared<const detail::RunCatalog>(path, options)) {}

const std::filesystem::path& Run::path() const noexcept { return catalog_->path; }
const std::string& Run::name() const noexcept { return catalog_->name; }
const nlohmann::json& Run::attributes() const noexcept { return catalog_->attributes; }
const nlohmann::json& Run::config() const noexcept { return catalog_->config; }

NetworkTable Run::neurons() const {
  return NetworkTable(loader::open_table(catalog_->setup(), "/network_structure/neurons"));
}
NetworkTable Run::connections() const {
  return NetworkTable(loader::open_table(catalog_->setup(), "/network_structure/connections"));
}

std::size_t Run::size() const { return catalog_->numbers().size(); }
std::vector<std::uint64_t> Run::numbers() const { return catalog_->numbers(); }
bool Run::contains(std::uint64_t number) const { return catalog_->contains(number); }
std::vector<EpisodeSummary> Run::episodes() const { return catalog_->summaries(); }
std::vector<Error> Run::problems() const { return catalog_->problems(); }

std::vector<EpisodeSummary> Run::listed_episodes() const { return catalog_->listed(); }
std::optional<RecorderInfo> Run::recorder() const { return catalog_->recorder(); }

bool Run::is_live() const { return catalog_->is_live(); }
bool Run::refresh() const { return catalog_->refresh(); }

EpisodeReader Run::open_episode(std::uint64_t number) const { return EpisodeReader(catalog_->open(number)); }

EpisodeReader Run::episode(std::string_view id) const {
  if (const auto number = loader::number_in(id, "episode_")) return open_episode(*number);
  throw Error(ErrorCode::not_found, fmt::format("'{}' is no episode: ids are as 'episode_0003'", id),
              loader::context_of({.file = catalog_->path.string()}));
}

EpisodeReader Run::iterator::operator*() const { return EpisodeReader(catalog_->open(catalog_->number_at(position_))); }

}  // namespace neurotape
