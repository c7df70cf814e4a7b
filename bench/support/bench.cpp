#include "bench/support/bench.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace neurotape::bench {
namespace {

Options chosen;
bool failed = false;

// Takes our own flags out of the command line; those of Google Benchmark stay.
std::vector<std::string> take_options(int argc, char** argv) {
  std::vector<std::string> rest{argv[0]};
  chosen.directory = std::filesystem::temp_directory_path();
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    constexpr std::string_view kDirectory = "--directory=", kGigabytes = "--gigabytes=";
    if (flag == "--tiny") {
      chosen.scale = Scale::tiny;
    } else if (flag == "--quick") {
      chosen.scale = Scale::quick;
    } else if (flag.starts_with(kDirectory)) {
      chosen.directory = flag.substr(kDirectory.size());
    } else if (flag.starts_with(kGigabytes)) {
      chosen.gigabytes = std::stod(std::string(flag.substr(kGigabytes.size())));
    } else {
      rest.emplace_back(flag);
    }
  }
  // First, so that flags of the command line override them.
  rest.insert(rest.begin() + 1, {"--benchmark_enable_random_interleaving=true",
                                 "--benchmark_repetitions=" + std::to_string(chosen.pick(1, 3, 5))});
  return rest;
}

}  // namespace

const Options& options() { return chosen; }

void add(const std::string& name, std::function<double(Figures&)> measure) {
  const auto run = [measure = std::move(measure)](benchmark::State& state) {
    for (auto _ : state) {
      try {
        state.SetIterationTime(measure(state.counters));
      } catch (const std::exception& error) {
        failed = true;
        state.SkipWithError(error.what());
        break;
      }
    }
  };
  benchmark::RegisterBenchmark(name.c_str(), run)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);
}

ScratchDirectory::ScratchDirectory() {
  std::string name = (options().directory / "neurotape-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make the directory " + name);
  path_ = name;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

double ScratchDirectory::bytes() const {
  double sum = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path_))
    if (entry.is_regular_file()) sum += static_cast<double>(entry.file_size());
  return sum;
}

double ScratchDirectory::files() const {
  using Iterator = std::filesystem::recursive_directory_iterator;
  return static_cast<double>(
      std::count_if(Iterator(path_), Iterator(), [](const auto& e) { return e.is_regular_file(); }));
}

}  // namespace neurotape::bench

int main(int argc, char** argv) {
  using namespace neurotape::bench;
  auto arguments = take_options(argc, argv);
  std::vector<char*> pointers;
  pointers.reserve(arguments.size());
  for (auto& argument : arguments) pointers.push_back(argument.data());
  int count = static_cast<int>(pointers.size());
  benchmark::Initialize(&count, pointers.data());
  if (benchmark::ReportUnrecognizedArguments(count, pointers.data())) return 2;
  try {
    register_benchmarks();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "preparing the benchmarks: %s\n", error.what());
    return 1;
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::ClearRegisteredBenchmarks();  // what they share, recordings among it, goes before HDF5 does
  return failed ? 1 : 0;
}
