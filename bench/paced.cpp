// Question: what does recording cost a simulation that is not in a hurry: a step each 500 us?
//
// record/<codec>/<durability>  the recorder
// limit/copy/<codec>           a bare memcpy of the same step to cold memory, while another thread does what the
//                              recorder's threads do, at the same pace: gathers, encodes, writes chunks
// peer/<who>/<filters>         what users take instead (peers/)
//
// The workload is *cortex*: 84 kB a step, 168 MB/s. The time between steps is spent computing. Read p99.9_ns, of a
// step to its caller, against that of the memcpy, and times_slower: above 1 the recording could not keep up.

#include <chrono>
#include <exception>
#include <fmt/format.h>
#include <memory>
#include <thread>

#include "bench/peers/writers.hpp"
#include "bench/support/recorder_sink.hpp"

namespace neurotape::bench {
namespace {

constexpr std::chrono::microseconds kInterval(500);

/// A memcpy for the caller, and work for another core.
class BusyCopy : public Sink {
 public:
  BusyCopy(const Job& job, const std::filesystem::path& directory, const Codec& codec)
      : copy_(cold_copy()(job, directory)),
        work_(batched(chunk_store(codec))(job, directory)),
        thread_([this, steps = job.workload->steps()](const std::stop_token& stop) { work(stop, steps); }) {}

  void record(std::int64_t t, std::size_t step) override { copy_->record(t, step); }
  void close() override {
    thread_.request_stop();
    thread_.join();
    if (error_) std::rethrow_exception(error_);
    work_->close();
  }

 private:
  void work(const std::stop_token& stop, std::size_t steps) {
    auto due = std::chrono::steady_clock::now();
    try {
      for (std::size_t t = 0; !stop.stop_requested(); ++t) {
        work_->record(static_cast<std::int64_t>(t), t % steps);
        std::this_thread::sleep_until(due += kInterval);
      }
    } catch (...) {
      error_ = std::current_exception();
    }
  }

  std::unique_ptr<Sink> copy_, work_;
  std::exception_ptr error_;  ///< of the thread; read by others when it has ended
  std::jthread thread_;
};

}  // namespace

void register_benchmarks() {
  const auto cortex = std::make_shared<const Workload>(make_cortex(options().pick<std::size_t>(20, 500, 3'000)));
  Writers writers(cortex, options().pick<std::uint64_t>(20, 500, 20'000), kInterval);
  for (const char* text : {"gzip:1", "blosc:lz4:5"}) {
    const Codec codec = Codec::parse(text);
    writers.add(fmt::format("record/{}/process", text), recorder({.codec = codec, .durability = Durability::process}));
    writers.add(fmt::format("record/{}/power", text), recorder({.codec = codec, .durability = Durability::power}));
    writers.add(fmt::format("limit/copy/{}", text), [=](const Job& job, const std::filesystem::path& directory) {
      return std::make_unique<BusyCopy>(job, directory, codec);
    });
  }
  writers.add_c_peers();
  writers.add_python_peers();
}

}  // namespace neurotape::bench
