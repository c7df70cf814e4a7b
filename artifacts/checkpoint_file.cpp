#include "artifacts/checkpoint_file.hpp"

#include <cmath>
#include <fmt/format.h>
#include <list>

#include "artifacts/checkpoint_names.hpp"
#include "backends/io/new_file.hpp"
#include "backends/npz/zip_writer.hpp"

namespace neurotape {
namespace detail {
namespace {

constexpr std::size_t kWindowBytes = 4U << 20U;

}  // namespace

CheckpointFile::CheckpointFile(std::filesystem::path path, const CheckpointOptions& options,
                               std::shared_ptr<artifacts::Crew> crew)
    : path_(std::move(path)), options_(options), crew_(std::move(crew)) {
  crew_->require_usable("checkpoint()");
  lock_ = io::lock_beside(path_, "another checkpoint has this file open");
  std::error_code ignored;
  if (!std::filesystem::exists(path_, ignored)) return;
  const auto there = load_checkpoint(path_);
  if (there.criterion != options_.criterion || there.lowest != options_.lowest)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("it was saved for the {} '{}', expected the {} '{}'", there.lowest ? "lowest" : "highest",
                            there.criterion, options_.lowest ? "lowest" : "highest", options_.criterion),
                {.path = path_.string()});
  best_ = {there.epoch, there.value()};
  if (!artifacts::is_npz(path_)) facts_ = artifacts::facts_of(path_, there.bytes).second;
}

/// NaN is worse than any number, and equal is not better.
bool CheckpointFile::is_better(double value) const {
  if (!best_) return true;
  const double best = best_->second;
  if (std::isnan(value) || std::isnan(best)) return std::isnan(best) && !std::isnan(value);
  return options_.lowest ? value < best : value > best;
}

bool CheckpointFile::save_if_better(std::int64_t epoch, const CheckpointMetrics& metrics, bool opaque,
                                    const std::function<void()>& write) {
  const std::lock_guard lock(mutex_);
  crew_->require_usable("save()");
  if (opaque == artifacts::is_npz(path_))
    throw Error(ErrorCode::invalid_argument,
                opaque ? "bytes cannot be a checkpoint named .npz" : "a checkpoint of arrays is named .npz",
                {.path = path_.string()});
  const auto value = metrics.find(options_.criterion);
  if (value == metrics.end())
    throw Error(ErrorCode::not_found, fmt::format("the metrics lack the criterion '{}'", options_.criterion),
                {.path = path_.string()});
  if (!is_better(value->second)) return false;
  crew_->run([&] {
    write();
    best_ = {epoch, value->second};  // also where its name cannot be waited for
    if (crew_->durable()) io::sync_directory(path_.parent_path());
  });
  return true;
}

bool CheckpointFile::save(const std::vector<NamedValue>& model, const std::vector<NamedValue>& optimizer,
                          std::int64_t epoch, const CheckpointMetrics& metrics) {
  return save_if_better(epoch, metrics, false, [&] { write_arrays(model, optimizer, epoch, metrics); });
}

bool CheckpointFile::save_bytes(std::span<const std::byte> state, std::int64_t epoch,
                                const CheckpointMetrics& metrics) {
  return save_if_better(epoch, metrics, true, [&] { write_bytes(state, epoch, metrics); });
}

void CheckpointFile::write_arrays(const std::vector<NamedValue>& model, const std::vector<NamedValue>& optimizer,
                                  std::int64_t epoch, const CheckpointMetrics& metrics) {
  std::list<std::string> names;  // which the arrays refer to
  std::vector<NamedValue> arrays;
  const auto add = [&](std::string_view before, std::string_view name, const NpzValue& value) {
    names.push_back(std::string(before).append(name));
    arrays.push_back({names.back(), value});
  };
  for (const auto& [name, value] : model) add(artifacts::kModel, name, value);
  for (const auto& [name, value] : optimizer) add(artifacts::kOptimizer, name, value);
  add(artifacts::kEpoch, "", epoch);
  for (const auto& [name, value] : metrics) add(artifacts::kMetrics, name, value);
  add(artifacts::kCriterion, "", options_.criterion);
  add(artifacts::kLowest, "", options_.lowest);
  io::NewFile file(path_);
  npz::write_arrays(arrays, options_.compression, crew_->memory(), kWindowBytes,
                    [&](std::uint64_t address, std::span<const std::byte> bytes) { file.write(address, bytes); });
  file.put_in_place(crew_->durable());
}

void CheckpointFile::write_bytes(std::span<const std::byte> state, std::int64_t epoch,
                                 const CheckpointMetrics& metrics) {
  const artifacts::StateFacts facts{epoch, metrics, state.size(), npz::checksum(state)};
  io::NewFile file(path_);
  file.write(0, state);
  artifacts::OpaqueFacts all{options_.criterion, options_.lowest, {facts}};
  if (facts_) all.states.push_back(*facts_);
  artifacts::write_facts(path_, all, crew_->durable());
  file.put_in_place(crew_->durable());
  facts_ = facts;
}

std::optional<std::pair<std::int64_t, double>> CheckpointFile::best() const {
  const std::lock_guard lock(mutex_);
  return best_;
}

}  // namespace detail

Checkpoint::Checkpoint(const std::filesystem::path& path, const CheckpointOptions& options, const StandAlone& how)
    : file_(std::make_shared<detail::CheckpointFile>(path, options, artifacts::crew_of_caller(how))) {}
Checkpoint::Checkpoint(std::shared_ptr<detail::CheckpointFile> file) : file_(std::move(file)) {}
Checkpoint::Checkpoint(Checkpoint&&) noexcept = default;
Checkpoint& Checkpoint::operator=(Checkpoint&&) noexcept = default;
Checkpoint::~Checkpoint() = default;

bool Checkpoint::save(const std::vector<NamedValue>& model, const std::vector<NamedValue>& optimizer,
                      std::int64_t epoch, const CheckpointMetrics& metrics) {
  return file_->save(model, optimizer, epoch, metrics);
}
bool Checkpoint::save_bytes(std::span<const std::byte> state, std::int64_t epoch, const CheckpointMetrics& metrics) {
  return file_->save_bytes(state, epoch, metrics);
}
const std::filesystem::path& Checkpoint::path() const noexcept { return file_->path(); }
std::optional<double> Checkpoint::best() const {
  const auto best = file_->best();
  return best ? std::optional(best->second) : std::nullopt;
}
std::optional<std::int64_t> Checkpoint::best_epoch() const {
  const auto best = file_->best();
  return best ? std::optional(best->first) : std::nullopt;
}

}  // namespace neurotape
