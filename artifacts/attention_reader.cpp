#include <algorithm>
#include <deque>
#include <future>

#include "artifacts/crew.hpp"
#include "artifacts/map_file.hpp"
#include "backends/io/new_file.hpp"
#include "recorder/threads.hpp"

namespace neurotape {

AttentionMapReader::AttentionMapReader(std::filesystem::path directory) : directory_(std::move(directory)) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(directory_, ignored))
    throw Error(ErrorCode::not_found, "there is no directory of attention maps", {.path = directory_.string()});
  for (const auto& name : io::list_directory(directory_))
    if (const auto id = artifacts::file_id_of(name); !id.empty()) file_ids_.emplace_back(id);
  std::sort(file_ids_.begin(), file_ids_.end());
}

bool AttentionMapReader::contains(std::string_view file_id) const noexcept {
  return std::binary_search(file_ids_.begin(), file_ids_.end(), file_id);
}

AttentionMap AttentionMapReader::load(std::string_view file_id) const {
  return artifacts::read_map(directory_, file_id);
}

std::vector<AttentionMap> AttentionMapReader::load(const std::vector<std::string>& file_ids) const {
  std::vector<AttentionMap> maps(file_ids.size());
  const auto crew = artifacts::crew_of_threads({.n_workers = usable_processors()});
  for (const auto& error : crew->for_each(maps.size(), [&](std::size_t i) { maps[i] = load(file_ids[i]); }))
    if (error) std::rethrow_exception(error);
  return maps;
}

/// Maps that are being loaded by threads, in their order.
class AttentionMapReader::Iterator::Ahead {
 public:
  explicit Ahead(const AttentionMapReader& reader)
      : reader_(reader),
        depth_(static_cast<std::size_t>(std::max(2, usable_processors()))),
        crew_(artifacts::crew_of_threads({.n_workers = static_cast<int>(depth_)})) {
    while (loading_.size() < depth_ && start_next()) {
    }
  }
  Ahead(const Ahead&) = delete;
  Ahead& operator=(const Ahead&) = delete;
  ~Ahead() {
    for (const auto& one : loading_) one.wait();
  }

  std::optional<AttentionMap> next() {
    if (loading_.empty()) return std::nullopt;
    auto first = std::move(loading_.front());
    loading_.pop_front();
    auto map = first.get();
    start_next();
    return map;
  }

 private:
  bool start_next() {
    if (started_ == reader_.size()) return false;
    const auto promise = std::make_shared<std::promise<AttentionMap>>();
    loading_.push_back(promise->get_future());
    crew_->start([this, promise, i = started_++] {
      try {
        promise->set_value(reader_.load(reader_.file_ids()[i]));
      } catch (...) {
        promise->set_exception(std::current_exception());
      }
    });
    return true;
  }

  const AttentionMapReader reader_;
  const std::size_t depth_;
  std::size_t started_ = 0;
  std::deque<std::future<AttentionMap>> loading_;
  const std::shared_ptr<artifacts::Crew> crew_;
};

AttentionMapReader::Iterator::Iterator(const AttentionMapReader& reader)
    : ahead_(std::make_shared<Ahead>(reader)), map_(ahead_->next()) {}

AttentionMapReader::Iterator& AttentionMapReader::Iterator::operator++() {
  map_.reset();  // first, so that its memory is there for another
  map_ = ahead_->next();
  return *this;
}

}  // namespace neurotape
