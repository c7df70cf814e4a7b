#include "loader/verify/findings.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>

namespace neurotape::loader {
namespace {

void add_to(Verified& sum, const Verified& more) {
  sum.files += more.files;
  sum.episodes += more.episodes;
  sum.unfinished += more.unfinished;
  sum.streams += more.streams;
  sum.rows += more.rows;
  sum.chunks += more.chunks;
  sum.bytes += more.bytes;
}

auto key_of(const Fault& fault) {
  return std::tie(fault.file, fault.episode, fault.stream, fault.column, fault.chunk, fault.what);
}

}  // namespace

void Findings::add(Fault fault) {
  const std::lock_guard lock(mutex_);
  faults_.push_back(std::move(fault));
}

void Findings::count(const Verified& more) {
  const std::lock_guard lock(mutex_);
  add_to(counted_, more);
  if (on_progress_) on_progress_(counted_);
}

void Findings::count_episode(const std::string& id, bool finished) {
  const std::lock_guard lock(mutex_);
  const auto [episode, is_new] = episodes_.try_emplace(id, false);
  if (is_new) add_to(counted_, {.episodes = 1, .unfinished = 1});
  if (finished && !episode->second) --counted_.unfinished;
  episode->second |= finished;
  if (on_progress_) on_progress_(counted_);
}

void Findings::take(Findings& other) {
  for (auto& fault : other.sorted_faults()) add(std::move(fault));
  for (const auto& [id, finished] : other.episodes_) count_episode(id, finished);
  auto rest = other.counted();
  rest.episodes = rest.unfinished = 0;
  count(rest);
}

std::vector<Fault> Findings::sorted_faults() {
  const std::lock_guard lock(mutex_);
  std::stable_sort(faults_.begin(), faults_.end(),
                   [](const Fault& a, const Fault& b) { return key_of(a) < key_of(b); });
  return std::move(faults_);
}

Verified Findings::counted() const {
  const std::lock_guard lock(mutex_);
  return counted_;
}

bool Findings::any() const {
  const std::lock_guard lock(mutex_);
  return !faults_.empty();
}

std::string cause_of(const Error& error) {
  // What stands around a message of no words.
  const std::string around = Error(error.code(), "", error.context()).what();
  const std::string_view text = error.what();
  std::size_t before = 0;
  while (before < around.size() && around[before] == text[before]) ++before;
  return std::string(text.substr(before, text.size() - around.size()));
}

}  // namespace neurotape::loader
