#pragma once
/// \file
/// Keeps a run in memory, for tests of the recorder.

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "recorder/backend.hpp"

namespace neurotape {

struct MemoryStream {
  StreamSpec spec;
  StreamLayout layout;
  std::vector<std::vector<std::byte>> columns;  ///< rows one after the other
  std::uint64_t rows = 0;
  std::uint64_t committed_rows = 0;
  bool sorted = true;
  std::vector<CommittedRows> commits;

  /// A column as an array.
  template <class T>
  std::vector<T> values(std::size_t column) const {
    const auto* const first = reinterpret_cast<const T*>(columns.at(column).data());
    return {first, first + columns[column].size() / sizeof(T)};
  }
};

struct MemoryEpisode {
  EpisodeInfo info;
  EpisodeEnd end;
  bool finished = false;
  bool announced = false;                       ///< `finishing` was called before the first stream was declared
  std::map<std::string, MemoryStream> streams;  ///< by path; the bytes of events as "events/data"
  std::vector<Gap> gaps;
};

/// What was stored. Thread safety: the mutex.
struct MemoryRun {
  std::mutex mutex;
  nlohmann::json config;
  std::map<std::string, std::size_t> network_rows;  ///< "neurons/x" -> values
  std::map<std::uint64_t, MemoryEpisode> episodes;
  std::string profile;
  int commits = 0;
  bool closed = false;
  /// Called before each write of rows, on the writer thread: may wait, may throw.
  std::function<void()> before_write = [] {};
  /// Called before each chunk is encoded, on a worker: may wait, may throw.
  std::function<void()> before_encode = [] {};
};

/// Checks that it is called as `EpisodeSink` promises: throws std::logic_error otherwise.
class MemoryBackend : public Backend {
 public:
  explicit MemoryBackend(std::shared_ptr<MemoryRun> run);
  ~MemoryBackend() override;

  const std::filesystem::path& path() const noexcept override { return path_; }
  RunInfo info() const override { return {"memory", 0, "ms"}; }
  std::uint64_t next_episode_number() const override { return run_->episodes.size(); }
  const CodecLibrary& codecs() const noexcept override { return *codecs_; }
  void save_config(const nlohmann::json& config) override;
  void save_network(std::string_view table, std::span<const NamedArray> columns) override;
  void save_profile(std::string_view trace) override;
  std::unique_ptr<EpisodeSink> start_episode(const EpisodeInfo& info) override;
  CommitResult commit() override;
  void listen(DiskListener*) override {}
  void close() override;

 private:
  std::shared_ptr<MemoryRun> run_;
  std::unique_ptr<CodecLibrary> codecs_;
  std::filesystem::path path_ = "memory";
};

}  // namespace neurotape
