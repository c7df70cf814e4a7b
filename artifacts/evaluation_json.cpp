#include "artifacts/evaluation_json.hpp"

#include <fmt/format.h>

#include "backends/io/new_file.hpp"
#include "recorder/threads.hpp"

namespace neurotape {
namespace {

using nlohmann::ordered_json;

constexpr std::uint64_t kMostBytes = 1U << 30U;
constexpr const char* kSets = "class_sets";

ConfusionMatrix matrix_of(const ordered_json& set) {
  for (const auto& row : set.at("counts"))
    for (const auto& count : row)
      if (!count.is_number_unsigned())
        throw Error(ErrorCode::damaged, fmt::format("expected a count, got {}", count.dump()));
  return {set.at("labels").get<std::vector<std::string>>(),
          set.at("counts").get<std::vector<std::vector<std::uint64_t>>>()};
}

}  // namespace

namespace artifacts {

ordered_json json_of(const ConfusionMatrix& matrix) {
  auto counts = ordered_json::array();
  for (std::size_t row = 0; row < matrix.classes(); ++row) {
    counts.emplace_back(ordered_json::array());
    for (std::size_t column = 0; column < matrix.classes(); ++column)
      counts.back().push_back(matrix.count(row, column));
  }
  return {{"labels", matrix.labels()}, {"counts", std::move(counts)}};
}

ordered_json distribution_of(const ConfusionMatrix& matrix) {
  auto as_true = ordered_json::array(), as_predicted = ordered_json::array();
  for (std::size_t each = 0; each < matrix.classes(); ++each) {
    as_true.push_back(matrix.true_count(each));
    as_predicted.push_back(matrix.predicted_count(each));
  }
  return {{"labels", matrix.labels()}, {"true", std::move(as_true)}, {"predicted", std::move(as_predicted)}};
}

void save_class_sets(const std::filesystem::path& path, std::string_view format, const ordered_json& class_sets,
                     bool durable) {
  const ordered_json all{{"format", format}, {"format_version", 1}, {kSets, class_sets}};
  io::replace_file(path, all.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n", durable);
}

ordered_json load_class_sets(const std::filesystem::path& path, std::string_view format) {
  const auto damaged = [&](const std::string& why) { throw Error(ErrorCode::damaged, why, {.path = path.string()}); };
  const auto all = ordered_json::parse(io::read_text(path, kMostBytes), nullptr, false);
  if (all.is_discarded()) damaged("it is not JSON");
  const auto says = [&](const char* member, const ordered_json& value) {
    return all.is_object() && all.contains(member) && all[member] == value;
  };
  if (!says("format", format)) damaged(fmt::format("expected {}", format));
  if (!says("format_version", 1))
    throw Error(ErrorCode::unsupported, "it is of a newer format: expected format_version 1", {.path = path.string()});
  if (!all.contains(kSets) || !all[kSets].is_object()) damaged("it has no object class_sets");
  return all[kSets];
}

}  // namespace artifacts

void save_confusion_matrices(const std::filesystem::path& path, const std::map<std::string, ConfusionMatrix>& matrices,
                             Durability durability) {
  const NoSignal no_signal(SIGXFSZ);
  auto sets = ordered_json::object();
  for (const auto& [name, matrix] : matrices) sets[name] = artifacts::json_of(matrix);
  artifacts::save_class_sets(path, artifacts::kConfusionFormat, sets, durability == Durability::power);
}

std::map<std::string, ConfusionMatrix> load_confusion_matrices(const std::filesystem::path& path) {
  std::map<std::string, ConfusionMatrix> matrices;
  const auto sets = artifacts::load_class_sets(path, artifacts::kConfusionFormat);
  for (const auto& [name, set] : sets.items()) {
    try {
      matrices.emplace(name, matrix_of(set));
    } catch (const std::exception& error) {
      throw Error(ErrorCode::damaged, fmt::format("class set '{}': {}", name, error.what()), {.path = path.string()});
    }
  }
  return matrices;
}

}  // namespace neurotape
