// Question: how near does a long recording come to the disk itself?
//
// record/<durability>  the recorder, Blosc lz4
// limit/<durability>   a bare loop of pwrite that puts the same stored bytes into one file: the chunks of the workload,
//                      encoded before the clock starts. `power`: it syncs each second and at the end, as the recorder does
//
// The workload is *cortex*, 8 GB of it: more than the kernel lets a disk owe. Read MB_per_s, of raw data on both sides,
// and `ratio`: it must be about the same, or the two have not written the same bytes.

#include <chrono>
#include <fcntl.h>
#include <memory>
#include <stdexcept>
#include <unistd.h>
#include <vector>

#include "backends/codec/encode.hpp"
#include "bench/peers/columns.hpp"
#include "bench/support/recorder_sink.hpp"

namespace neurotape::bench {
namespace {

constexpr std::size_t kStepBytes = 84'400;

/// Encodes what it is given and keeps it in memory.
class KeptChunks : public Store {
 public:
  KeptChunks(const std::vector<Column>& columns, const Codec& codec, std::vector<std::vector<std::byte>>& chunks)
      : chunks_(chunks) {
    for (const Column& column : columns) encoders_.push_back(codec::make_encoder(codec, dtype_bytes(column.dtype)));
  }
  void write(std::size_t column, std::uint64_t, std::vector<std::byte>& rows) override {
    std::vector<std::byte> stored(encoders_[column]->bound(rows.size()));
    stored.resize(encoders_[column]->encode(rows, stored).bytes);
    stored.shrink_to_fit();
    chunks_.push_back(std::move(stored));
  }
  void close() override {}

 private:
  std::vector<std::unique_ptr<Encoder>> encoders_;
  std::vector<std::vector<std::byte>>& chunks_;
};

using Chunks = std::vector<std::vector<std::byte>>;

/// The stored bytes of the whole workload, once.
Chunks encode(const std::shared_ptr<const Workload>& workload, const Codec& codec) {
  Chunks chunks;
  const Job once{workload, workload->steps()};
  const auto sink = batched([&](const std::vector<Column>& columns, const std::filesystem::path&) {
    return std::make_unique<KeptChunks>(columns, codec, chunks);
  })(once, {});
  for (std::uint64_t t = 0; t < once.steps; ++t) sink->record(static_cast<std::int64_t>(t), t);
  sink->close();
  return chunks;
}

/// Writes the chunks of a pass over the workload, evenly spread over its steps.
class BareWrites : public Sink {
 public:
  BareWrites(const Job& job, const std::filesystem::path& directory, const Chunks& chunks, bool sync)
      : steps_(job.workload->steps()),
        chunks_(chunks),
        sync_(sync),
        file_(::open((directory / "bare").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0666)) {
    if (file_ < 0) throw std::runtime_error("cannot create a file in " + directory.string());
  }
  ~BareWrites() override { ::close(file_); }

  void record(std::int64_t, std::size_t step) override {
    for (std::size_t i = step * chunks_.size() / steps_; i < (step + 1) * chunks_.size() / steps_; ++i)
      append(chunks_[i]);
    if (!sync_ || since_sync_.seconds() < 1) return;
    sync();
    since_sync_ = {};
  }
  void close() override {
    if (sync_) sync();
  }

 private:
  void append(const std::vector<std::byte>& bytes) {
    for (std::size_t done = 0; done < bytes.size();) {
      const auto written = ::pwrite(file_, bytes.data() + done, bytes.size() - done, end_);
      if (written <= 0) throw std::runtime_error("pwrite failed");
      done += static_cast<std::size_t>(written);
      end_ += written;
    }
  }
  void sync() const {
    if (::fdatasync(file_) != 0) throw std::runtime_error("fdatasync failed");
  }

  std::size_t steps_;
  const Chunks& chunks_;
  bool sync_;
  int file_;
  off_t end_ = 0;
  Stopwatch since_sync_;
};

}  // namespace

void register_benchmarks() {
  const Codec codec = Codec::blosc("lz4", 5);
  const auto cortex = std::make_shared<const Workload>(
      make_cortex(options().pick<std::size_t>(4'000'000, 50'000'000, 500'000'000) / kStepBytes));
  const Job job{cortex, options().raw_bytes(8'000'000, 200'000'000, 8'000'000'000) / kStepBytes};
  const auto chunks = std::make_shared<const Chunks>(encode(cortex, codec));
  for (const bool power : {false, true}) {
    const std::string name = power ? "power" : "process";
    const auto ours = recorder({.codec = codec, .durability = power ? Durability::power : Durability::process});
    add("record/" + name, [=](Figures& figures) { return measure(figures, job, ours); });
    add("limit/" + name, [=](Figures& figures) {
      return measure(figures, job, [&](const Job& all, const std::filesystem::path& directory) {
        return std::make_unique<BareWrites>(all, directory, *chunks, power);
      });
    });
  }
}

}  // namespace neurotape::bench
