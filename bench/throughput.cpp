// Question: how much raw data a second does a run take, from `create` to `close`, of 10,000 float32 neurons at
// every step?
//
// record/<codec>       the recorder: one thread that records, workers and writer behind it
// limit/<codec>/<n>    a bare loop on n threads: memcpy of the rows into a chunk, the same encoder, pwrite
// peer/hdf5_<filters>  HDF5's C library: rows gathered into whole chunks by hand, H5Dwrite, its filters
//
// Read GB_per_s against the loop of the same codec: on one thread it is what the simulator would pay to do this
// itself; on all threads it is all that this machine can do, and a recorder cannot pass it. `ratio` is raw bytes
// for each byte on disk. Nobody waits for the disk itself (durability process): a page cache that is full shows
// as a spread between repetitions.

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <neurotape/neurotape.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "backends/codec/encode.hpp"
#include "bench/support/bench.hpp"
#include "bench/support/hdf5_peer.hpp"
#include "bench/support/workload.hpp"

namespace neurotape::bench {
namespace {

constexpr std::size_t kNeurons = 10'000;
constexpr std::size_t kChunkBytes = std::size_t{1} << 20;

double report(Figures& figures, double raw_bytes, double seconds, const ScratchDirectory& directory) {
  figures["GB_per_s"] = raw_bytes / seconds * 1e-9;
  figures["ratio"] = raw_bytes / directory.bytes();
  return seconds;
}

double record(Figures& figures, const RowBank& bank, std::uint64_t rows, const Codec& codec) {
  const ScratchDirectory directory;
  const Stopwatch watch;
  auto experiment =
      Experiment::create(directory.path(), "throughput", {.codec = codec, .durability = Durability::process});
  auto episode = experiment.start_episode();
  auto voltage = episode.neural_state<float>("membrane_potential", {kNeurons});
  for (std::uint64_t t = 0; t < rows; ++t) voltage.record(static_cast<std::int64_t>(t), bank.row(t));
  episode.finish();
  experiment.close();
  const double seconds = watch.seconds();
  figures["waits"] = static_cast<double>(experiment.stats().total.waits);
  return report(figures, static_cast<double>(rows * bank.row_bytes()), seconds, directory);
}

// A file that is only appended to.
class PlainFile {
 public:
  explicit PlainFile(const std::filesystem::path& path)
      : descriptor_(::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0666)) {
    if (descriptor_ < 0) throw std::runtime_error("cannot create " + path.string());
  }
  PlainFile(const PlainFile&) = delete;
  PlainFile& operator=(const PlainFile&) = delete;
  ~PlainFile() { ::close(descriptor_); }

  void append(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const auto written = ::pwrite(descriptor_, bytes.data(), bytes.size(), end_);
      if (written <= 0) throw std::runtime_error("pwrite failed");
      bytes = bytes.subspan(static_cast<std::size_t>(written));
      end_ += written;
    }
  }

 private:
  int descriptor_;
  off_t end_ = 0;
};

void bare_loop(const std::filesystem::path& path, const RowBank& bank, std::uint64_t first, std::uint64_t end,
               const Codec& codec) {
  const auto encoder = codec::make_encoder(codec, sizeof(float));
  std::vector<std::byte> chunk(kChunkBytes / bank.row_bytes() * bank.row_bytes());
  std::vector<std::byte> stored(encoder->bound(chunk.size()));
  PlainFile file(path);
  std::size_t used = 0;
  for (std::uint64_t t = first; t < end; ++t) {
    std::memcpy(chunk.data() + used, bank.row(t).data(), bank.row_bytes());
    used += bank.row_bytes();
    if (used < chunk.size() && t + 1 < end) continue;
    file.append(std::span(stored).first(encoder->encode(std::span(chunk).first(used), stored).bytes));
    used = 0;
  }
}

double limit(Figures& figures, const RowBank& bank, std::uint64_t rows, const Codec& codec, unsigned threads) {
  const ScratchDirectory directory;
  std::vector<std::exception_ptr> errors(threads);
  const Stopwatch watch;
  {
    std::vector<std::jthread> pool;
    for (unsigned i = 0; i < threads; ++i) {
      pool.emplace_back([&, i] {
        try {
          bare_loop(directory.path() / std::to_string(i), bank, rows * i / threads, rows * (i + 1) / threads, codec);
        } catch (...) {
          errors[i] = std::current_exception();
        }
      });
    }
  }
  const double seconds = watch.seconds();
  for (const auto& error : errors)
    if (error) std::rethrow_exception(error);
  return report(figures, static_cast<double>(rows * bank.row_bytes()), seconds, directory);
}

double plain_hdf5(Figures& figures, const RowBank& bank, std::uint64_t rows, unsigned deflate_level) {
  const ScratchDirectory directory;
  const Stopwatch watch;
  {
    const Hdf5Id file = create_hdf5(directory.path() / "peer.h5");
    Hdf5Rows values(file, "values", kNeurons, kChunkBytes / bank.row_bytes(), deflate_level);
    for (std::uint64_t t = 0; t < rows; ++t) values.append(bank.row(t));
    values.finish();
  }
  return report(figures, static_cast<double>(rows * bank.row_bytes()), watch.seconds(), directory);
}

}  // namespace

void register_benchmarks() {
  constexpr std::size_t kMegabyte = 1'000'000;
  const auto bank = std::make_shared<const RowBank>(kNeurons, options().pick<std::size_t>(4, 100, 300) * kMegabyte);
  const std::uint64_t rows = options().pick<std::size_t>(8, 200, 2000) * kMegabyte / bank->row_bytes();
  for (const char* text : {"gzip:1", "blosc:lz4:5", "none", "lzf"}) {
    const Codec codec = Codec::parse(text);
    add(fmt::format("record/{}", text), [=](Figures& f) { return record(f, *bank, rows, codec); });
    add(fmt::format("limit/{}/1", text), [=](Figures& f) { return limit(f, *bank, rows, codec, 1); });
    const unsigned all = std::max(std::thread::hardware_concurrency(), 2U);
    add(fmt::format("limit/{}/{}", text, all), [=](Figures& f) { return limit(f, *bank, rows, codec, all); });
  }
  add("peer/hdf5_none", [=](Figures& f) { return plain_hdf5(f, *bank, rows, 0); });
  // zlib is slow enough to be known from a tenth of the rows.
  add("peer/hdf5_shuffle_gzip4", [=](Figures& f) { return plain_hdf5(f, *bank, rows / 10, 4); });
}

}  // namespace neurotape::bench
