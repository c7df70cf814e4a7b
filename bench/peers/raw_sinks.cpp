#include <algorithm>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "bench/peers/columns.hpp"
#include "bench/support/cold_memory.hpp"

namespace neurotape::bench {
namespace {

class RawFiles : public Sink {
 public:
  RawFiles(const Job& job, const std::filesystem::path& directory) : workload_(job.workload) {
    for (std::size_t i = 0; i < columns_of(job).size(); ++i) {
      files_.push_back(std::fopen((directory / std::to_string(i)).c_str(), "wb"));
      if (files_.back() == nullptr) throw std::runtime_error("cannot create a file in " + directory.string());
      std::setvbuf(files_.back(), nullptr, _IOFBF, kPeerChunkBytes);
    }
  }

  void record(std::int64_t t, std::size_t step) override {
    for_each_piece(*workload_, t, step, timesteps_, [this](std::size_t column, auto bytes) {
      if (std::fwrite(bytes.data(), 1, bytes.size(), files_[column]) != bytes.size())
        throw std::runtime_error("fwrite failed");
    });
  }
  void close() override {
    for (std::FILE* const file : files_)
      if (std::fclose(file) != 0) throw std::runtime_error("fclose failed");
  }

 private:
  std::shared_ptr<const Workload> workload_;
  std::vector<std::FILE*> files_;
  std::vector<std::int64_t> timesteps_;
};

class ColdCopy : public Sink {
 public:
  explicit ColdCopy(const Job& job) : workload_(job.workload) {}

  void record(std::int64_t t, std::size_t step) override {
    for_each_piece(*workload_, t, step, timesteps_, [this](std::size_t, auto bytes) { memory_.copy(bytes); });
  }
  void close() override {}

 private:
  std::shared_ptr<const Workload> workload_;
  ColdMemory memory_;
  std::vector<std::int64_t> timesteps_;
};

}  // namespace

MakeSink raw_files() {
  return
      [](const Job& job, const std::filesystem::path& directory) { return std::make_unique<RawFiles>(job, directory); };
}

MakeSink cold_copy() {
  return [](const Job& job, const std::filesystem::path&) { return std::make_unique<ColdCopy>(job); };
}

}  // namespace neurotape::bench
