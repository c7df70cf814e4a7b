// Tables of metrics and confusion matrices that come from anywhere: read, and gone on with.

#include "neurotape/metrics.hpp"

#include "neurotape/evaluation.hpp"
#include "tests/fuzz/attempt.hpp"
#include "tests/fuzz/scratch_file.hpp"

using neurotape::fuzz::attempt;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const neurotape::fuzz::ScratchFile file("m.csv");
  using namespace neurotape;
  file.write({data, size});
  attempt([] { load_confusion_matrices(file.path()); });
  for (const auto last : {LastLine::cut_off, LastLine::whole}) attempt([&] { read_metrics(file.path(), last); });
  attempt([] {
    MetricsTable table(file.path(), {}, {.durability = Durability::process, .n_workers = 1});
    table.append({{"epoch", 1}});
  });
  return 0;
}
