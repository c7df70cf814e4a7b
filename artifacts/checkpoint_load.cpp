#include <algorithm>
#include <cmath>
#include <fcntl.h>
#include <fmt/format.h>

#include "artifacts/checkpoint_names.hpp"
#include "backends/io/new_file.hpp"
#include "backends/npz/zip_writer.hpp"

namespace neurotape {
namespace {

constexpr double kLastEpoch = 9e18;  // below 2^63

LoadedCheckpoint load_arrays(const std::filesystem::path& path) {
  const NpzFile file(path);
  const auto one = [&](std::string_view name) {
    if (!file.contains(name))
      throw Error(ErrorCode::damaged, fmt::format("it lacks the array '{}' of a checkpoint", name),
                  {.path = path.string()});
    return file.read(name);
  };
  LoadedCheckpoint loaded;
  const auto epoch = one(artifacts::kEpoch);
  const double number = epoch.number();
  if (!(std::abs(number) <= kLastEpoch) && epoch.dtype() != Dtype::i64)
    throw Error(ErrorCode::damaged, fmt::format("its epoch is {}", number), {.path = path.string()});
  loaded.epoch = epoch.dtype() == Dtype::i64 ? epoch.values<std::int64_t>()[0] : static_cast<std::int64_t>(number);
  loaded.criterion = one(artifacts::kCriterion).text();
  loaded.lowest = one(artifacts::kLowest).number() != 0;
  for (const auto& name : file.names()) {
    const std::string_view whole = name;
    const auto rest = [&](std::string_view before) { return std::string(whole.substr(before.size())); };
    if (whole.starts_with(artifacts::kModel)) loaded.model.emplace(rest(artifacts::kModel), file.read(name));
    if (whole.starts_with(artifacts::kOptimizer))
      loaded.optimizer.emplace(rest(artifacts::kOptimizer), file.read(name));
    if (whole.starts_with(artifacts::kMetrics))
      loaded.metrics.emplace(rest(artifacts::kMetrics), file.read(name).number());
  }
  if (!loaded.metrics.contains(loaded.criterion))
    throw Error(ErrorCode::damaged, fmt::format("its metrics lack the criterion '{}'", loaded.criterion),
                {.path = path.string()});
  return loaded;
}

std::vector<std::byte> read_bytes(const std::filesystem::path& path) {
  io::OpenFile file;
  int error = file.open(path, O_RDONLY);
  if (error != 0) io::fail("opening the file", path, error);
  std::vector<std::byte> bytes(file.size());
  std::size_t got = 0;
  error = file.read(0, bytes, &got);
  if (error != 0) io::fail("reading the file", path, error);
  bytes.resize(got);
  return bytes;
}

LoadedCheckpoint load_bytes(const std::filesystem::path& path) {
  LoadedCheckpoint loaded;
  loaded.bytes = read_bytes(path);
  const auto [all, state] = artifacts::facts_of(path, loaded.bytes);
  loaded.epoch = state.epoch;
  loaded.metrics = state.metrics;
  loaded.criterion = all.criterion;
  loaded.lowest = all.lowest;
  return loaded;
}

}  // namespace

std::pair<artifacts::OpaqueFacts, artifacts::StateFacts> artifacts::facts_of(const std::filesystem::path& path,
                                                                             std::span<const std::byte> state) {
  auto facts = read_facts(path);
  const auto crc32 = npz::checksum(state);
  const auto found = std::find_if(facts.states.begin(), facts.states.end(), [&](const StateFacts& one) {
    return one.bytes == state.size() && one.crc32 == crc32;
  });
  if (found == facts.states.end())
    throw Error(ErrorCode::damaged,
                fmt::format("{} does not know this state: it is damaged, or another program has replaced it",
                            facts_path(path).filename().string()),
                {.path = path.string()});
  auto its_own = *found;
  return {std::move(facts), std::move(its_own)};
}

LoadedCheckpoint load_checkpoint(const std::filesystem::path& path) {
  if (!artifacts::is_npz(path)) return load_bytes(path);
  try {
    return load_arrays(path);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::wrong_type && error.code() != ErrorCode::wrong_shape) throw;
    throw Error(ErrorCode::damaged, error.what(), {.path = path.string()});
  }
}

}  // namespace neurotape
