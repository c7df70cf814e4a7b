#include "loader/pack/run_writer.hpp"

#include <chrono>

#include "backends/hdf5/episode_attributes.hpp"
#include "backends/hdf5/run.hpp"
#include "loader/format.hpp"

namespace neurotape::loader {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kEpisodesOfSegment = 1000;
/// Longer ones would not fit in an object header beside other attributes.
constexpr std::size_t kConfigTextBytes = 64'000;

std::uint64_t stored_bytes(const detail::EpisodeFile& episode) {
  std::uint64_t bytes = 0;
  for (const auto& group : episode.groups()) bytes += episode.open_stream(group).info.stored_bytes;
  return bytes;
}

}  // namespace

RunWriter::RunWriter(const fs::path& run) : run_(run), copier_(library_) {
  hdf5::make_directories(run_.path() / "episodes");
}

hdf5::File RunWriter::create(const fs::path& name, hdf5::Root root) {
  return hdf5::File::create(run_.path() / name, root, hdf5::File::Mode::direct, library_.company());
}

void RunWriter::copy_setup(const detail::RunCatalog& from) {
  const Hdf5Lock lock;
  experiment_ = from.name;
  config_ = from.config.empty() ? "" : from.config.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (config_.size() > kConfigTextBytes) config_.clear();
  auto file = create("setup.h5", hdf5::Root::small);
  const auto source = from.setup();
  if (!source) throw Error(ErrorCode::not_found, "the run has no setup.h5", {.path = from.path.string()});
  copier_.copy_setup(*source, from.config, file.id());
  close(file);
}

void RunWriter::write_header(const hdf5::File& file) {
  hdf5::write_header(library_, hdf5::open_group(file.id(), "/").get(), {experiment_, config_});
}

void RunWriter::add(const detail::EpisodeFile& episode, std::uint64_t number, const nlohmann::json& more) {
  const Hdf5Lock lock;
  const auto id = episode_id(number);
  if (episode.is_cut_off() || stored_bytes(episode) >= hdf5::Run::kSmallEpisodeBytes) {
    auto file = create(fs::path("episodes") / (id + ".h5"), hdf5::Root::small);
    write_header(file);
    copier_.copy_episode(episode, hdf5::open_group(file.id(), "/").get(), number, more);
    close(file);
    return;
  }
  if (!segment_) {
    segment_.emplace(create(fs::path("episodes") / hdf5::segment_name(segments_++), hdf5::Root::large));
    write_header(*segment_);
    in_segment_ = 0;
  }
  {
    const auto group = hdf5::create_group(segment_->id(), id, library_.link_creation(), library_.group_creation());
    copier_.copy_episode(episode, group.get(), number, more);
  }
  segment_->check();
  if (++in_segment_ == kEpisodesOfSegment) {
    close(*segment_);
    segment_.reset();
  }
}

void RunWriter::publish() {
  {
    const Hdf5Lock lock;
    if (segment_) close(*segment_);
    segment_.reset();
    hdf5::Run(run_.path(), {.durability = Durability::power}, std::chrono::system_clock::now()).close();
  }
  run_.publish();
}

}  // namespace neurotape::loader
