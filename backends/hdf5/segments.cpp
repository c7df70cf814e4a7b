#include "backends/hdf5/segments.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "backends/hdf5/run_directory.hpp"

namespace neurotape::hdf5 {
namespace {

/// More than this is not merged between two commits.
constexpr std::uint64_t kCheapBytes = 16U << 20;
constexpr auto kTimesIdle = 20;

/// 1 to 15 episodes, 16 to 255, 256 and more.
std::size_t size_class(std::size_t episodes) {
  std::size_t number = 0;
  for (; episodes >= Segments::kMergedAtOnce; episodes /= Segments::kMergedAtOnce) ++number;
  return number;
}

}  // namespace

std::filesystem::path Segments::name_of(std::uint64_t number) const { return directory_ / segment_name(number); }

void Segments::add_published(Segment segment) {
  if (segment.episodes.size() < kFullEpisodes) published_.push_back(std::move(segment));
}

void Segments::add(const FileHeader& header, const SmallEpisode& episode, ChunkSource& chunks) {
  image::Image image(filling_ ? filling_->file.end() : ImageFile::kBegin);
  const auto address = append_small_episode(image, library_, episode, chunks);
  if (!filling_) {
    const auto number = next_++;
    filling_.emplace(Filling{{transient_name(name_of(number)), library_.company()}, header, number, {}, {}});
  }
  try {
    filling_->episodes.push_back(episode.info->number);
    filling_->addresses[episode.info->id] = address;
    filling_->file.append(image);
  } catch (...) {
    const Lost lost{filling_->number, std::move(filling_->episodes)};
    filling_.reset();
    give_up(lost);
    throw;
  }
}

std::optional<Segment> Segments::publish() {
  if (!filling_) return std::nullopt;
  auto filling = std::move(*filling_);
  filling_.reset();
  try {
    close(filling);
    return put_in_place(filling.number, filling.episodes, library_.is_durable());
  } catch (...) {
    give_up({filling.number, std::move(filling.episodes)});
    throw;
  }
}

void Segments::give_up(const Lost& segment) noexcept try {
  lost_.insert(lost_.end(), segment.episodes.begin(), segment.episodes.end());
  remove_file(transient_name(name_of(segment.number)));
} catch (...) {
  // Opening the run again clears it away.
}

void Segments::close(Filling& filling) {
  image::Image image(filling.file.end());
  const auto root = append_root(image, library_, filling.header, filling.addresses);
  filling.file.append(image);
  filling.file.close(root, library_.is_durable());
}

Segment Segments::put_in_place(std::uint64_t number, std::vector<std::uint64_t> episodes, bool durable) {
  const auto path = name_of(number);
  hdf5::put_in_place(transient_name(path), path, durable);
  const auto facts = file_facts(path).value_or(FileFacts{});
  Segment segment{std::make_shared<SourceFile>(SourceFile{segment_name(number), true, facts}), std::move(episodes)};
  add_published(segment);
  return segment;
}

std::optional<Segments::Merged> Segments::merge_some(const FileHeader& header) {
  const auto start = std::chrono::steady_clock::now();
  if (published_.size() < kMergedAtOnce || start < merge_due_) return std::nullopt;
  std::array<std::vector<std::size_t>, 4> classes;
  for (std::size_t i = 0; i < published_.size(); ++i) {
    auto& same = classes.at(size_class(published_[i].episodes.size()));
    same.push_back(i);
    if (same.size() < kMergedAtOnce) continue;
    std::uint64_t bytes = 0;
    for (const auto chosen : same) bytes += published_[chosen].source->facts.bytes;
    if (bytes > kCheapBytes) continue;
    merge_due_ = std::chrono::steady_clock::time_point::max();  // unless it succeeds, it is left for the end of the run
    auto merged = merge(header, same);
    const auto end = std::chrono::steady_clock::now();
    merge_due_ = end + kTimesIdle * (end - start);
    return merged;
  }
  return std::nullopt;
}

std::optional<Segments::Merged> Segments::merge_rest(const FileHeader& header) {
  if (published_.size() < 2) return std::nullopt;
  std::vector<std::size_t> chosen;
  std::size_t episodes = 0;
  for (std::size_t i = 0; i < published_.size() && episodes < kFullEpisodes; ++i) {
    chosen.push_back(i);
    episodes += published_[i].episodes.size();
  }
  return merge(header, chosen);
}

Segments::Merged Segments::merge(const FileHeader& header, const std::vector<std::size_t>& chosen) {
  const auto number = next_++;
  Merged merged;
  try {
    merged.segment = copy_segments(header, number, chosen);
  } catch (...) {
    give_up({number, {}});
    throw;
  }
  std::vector<Segment> others;
  for (std::size_t i = 0; i < published_.size(); ++i) {
    const bool gone = std::binary_search(chosen.begin(), chosen.end(), i);
    if (gone) merged.sources.push_back(published_[i].source->name);
    if (!gone) others.push_back(std::move(published_[i]));
  }
  published_ = std::move(others);
  return merged;
}

Segment Segments::copy_segments(const FileHeader& header, std::uint64_t number,
                                const std::vector<std::size_t>& chosen) {
  // Without patience: nothing waits for a merge.
  const driver::Company nobody;
  auto file = File::create(transient_name(name_of(number)), Root::large, File::Mode::direct, nobody);
  write_header(library_, open_group(file.id(), "/").get(), header);
  std::vector<std::uint64_t> episodes;
  for (const auto index : chosen) {
    const auto& segment = published_[index];
    copy_episodes(segment, file);
    episodes.insert(episodes.end(), segment.episodes.begin(), segment.episodes.end());
  }
  constexpr bool kDurable = true;
  file.close(kDurable);
  return put_in_place(number, std::move(episodes), kDurable);
}

void Segments::copy_episodes(const Segment& from, const File& to) {
  auto source = File::open(directory_ / from.source->name, Access::read);
  source.read_ahead();
  for (const auto episode : from.episodes) {
    copy_object(source.id(), episode_id(episode), to.id(), library_.link_creation());
  }
}

}  // namespace neurotape::hdf5
