// Writes artifacts whose values a judge can compute, and tells through standard output what it knows to be safe. Dies, or
// meets errors, as it is told to.
//
//   fault_artifacts DIRECTORY [what=all] [durability=process] [beats=6] [deed=kill] [at=17] [times=1] [errno=28]
//                   [call=pwrite]
//
// what: maps, metrics, evaluation, checkpoint, bytes, or all of them.
//
// Lines: {"map": id, "value": v}, {"row": number}, {"prediction": number}, {"checkpoint": epoch}, {"bytes": epoch}: in a file,
// for that call has returned; {"error": text} what was thrown; {"calls": N} of all that changed files; {"closed": true}.

#include <iostream>
#include <neurotape/artifacts.hpp>

#include "tests/fault/served.hpp"
#include "tests/fault/victim/options.hpp"

namespace {

using namespace neurotape;
using fault::Options;
using fault::tell;
using nlohmann::json;

constexpr std::size_t kValues = 3000;
constexpr std::uint64_t kKeptPerBeat = 2;

/// Tells what goes wrong, and goes on: the rest may succeed.
template <class Call>
bool attempt(Call call) {
  try {
    call();
    return true;
  } catch (const Error& error) {
    tell({{"error", error.what()}});
    return false;
  }
}

StandAlone how(Options& options) {
  return {.durability = options["durability"] == "power" ? Durability::power : Durability::process,
          .n_workers = 1,
          .on_error = [](const Error& error) {
            tell({{"error", error.what()}});
          }};
}

/// Every second map of a beat replaces the one of the beat before.
void write_maps(const std::filesystem::path& directory, Options& options, int beats) {
  AttentionMapOptions contract;
  contract.shape = {3, kValues / 3};
  contract.existing = Existing::replace;
  AttentionMapWriter maps(directory / "attention_maps", contract, how(options));
  for (int beat = 0; beat < beats; ++beat) {
    const float value = static_cast<float>(beat + 1) / 128;
    const std::vector<float> map(kValues, value);
    const auto id = "map_" + std::to_string(beat);
    const auto save = [&](const std::string& name) {
      if (attempt([&] { maps.save(map, name, {"source of " + std::to_string(value), {}}); }))
        tell({{"map", name}, {"value", value}});
    };
    save(id);
    save("again");
    if (attempt([&] { maps.save_batch({map, map}, {id + "_a", id + "_b"}); }))
      for (const char* end : {"_a", "_b"}) tell({{"map", id + end}, {"value", value}});
  }
}

void write_metrics(const std::filesystem::path& directory, Options& options, int beats) {
  MetricsTable table(directory / "epoch_statistics.csv", {}, how(options));
  auto row = static_cast<std::int64_t>(table.rows());
  for (int i = 0; i < 3 * beats; ++i) {
    const std::string note = "a \"quoted\"\r\ntext " + std::to_string(row);
    if (attempt([&] { table.append({{"row", row}, {"third", static_cast<double>(row) / 3}, {"note", note}}); }))
      tell({{"row", row++}});
  }
}

void write_evaluation(const std::filesystem::path& directory, Options& options, int beats) {
  Evaluation evaluation(directory, {"a", "b"}, {.class_set = "letters"}, how(options));
  auto number = evaluation.confusion().total();
  for (int beat = 0; beat < beats; ++beat) {
    for (std::uint64_t i = 0; i < kKeptPerBeat; ++i)
      if (attempt([&] { evaluation.record(std::to_string(number), number % 2, number % 3 == 0 ? 0 : 1); }))
        tell({{"prediction", number++}});
    attempt([&] { evaluation.save_metadata(); });
  }
}

void write_checkpoints(const std::filesystem::path& file, Options& options, int beats) {
  Checkpoint best(file, {}, how(options));
  const bool arrays = file.extension() == ".npz";
  const auto first = static_cast<int>(best.best_epoch().value_or(0)) + 1;
  for (int epoch = first; epoch < first + beats; ++epoch) {
    const std::vector<double> state(kValues, epoch);
    const CheckpointMetrics metrics{{"val_loss", 1.0 / epoch}};
    const auto save = [&] {
      if (arrays) {
        best.save({{"w", state}}, {{"m", state}}, epoch, metrics);
      } else {
        best.save_bytes(std::as_bytes(std::span(state)), epoch, metrics);
      }
    };
    if (attempt(save)) tell({{arrays ? "checkpoint" : "bytes", epoch}});
  }
}

int write_all(const std::filesystem::path& directory, Options options) {
  static fault::Faults faults(fault::plan_of(options));
  const io::Replaced in_place(faults);
  const auto wanted = [&](const char* what) { return options["what"] == "all" || options["what"] == what; };
  const int beats = std::stoi(options["beats"]);
  if (wanted("maps")) attempt([&] { write_maps(directory, options, beats); });
  if (wanted("metrics")) attempt([&] { write_metrics(directory, options, beats); });
  if (wanted("evaluation")) attempt([&] { write_evaluation(directory, options, beats); });
  if (wanted("checkpoint")) attempt([&] { write_checkpoints(directory / "best_model.npz", options, beats); });
  if (wanted("bytes")) attempt([&] { write_checkpoints(directory / "best_model.pth", options, beats); });
  tell(faults.counted());
  tell({{"closed", true}});
  return 0;
}

int program(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: fault_artifacts DIRECTORY [option=value]...\n";
    return 2;
  }
  try {
    const Options defaults{{"what", "all"}, {"durability", "process"}, {"beats", "6"}};
    return write_all(argv[1], fault::options_of(argc, argv, fault::with_no_fault(defaults)));
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}

}  // namespace

int main(int argc, char** argv) { return neurotape::fault::run_or_serve(argc, argv, program); }
