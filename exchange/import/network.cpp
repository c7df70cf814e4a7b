#include "exchange/import/network.hpp"

#include <neurotape/error.hpp>

#include "exchange/description.hpp"

namespace neurotape::exchange {
namespace {

namespace fs = std::filesystem;

std::vector<NamedArray> views_of(const NetworkColumns& columns) {
  std::vector<NamedArray> views;
  views.reserve(columns.size());
  for (const auto& [name, values] : columns)
    visit_dtype(values.dtype(), [&, &column = name, &array = values]<class T>(T) {
      views.push_back({column, array.values<T>()});
    });
  return views;
}

}  // namespace

void import_network(const fs::path& source, const std::string& ending, const nlohmann::json& described,
                    const ReadTable& read, NewRun& run) {
  for (const std::string name : {kNeurons, kConnections}) {
    const auto file = source / kNetwork / (name + ending);
    const bool is_described = described.contains(name);
    if (!fs::exists(file)) {
      if (!is_described) continue;
      throw Error(ErrorCode::not_found, "there is no such file, which run.json describes", {.path = file.string()});
    }
    const auto columns = read(file, is_described ? described_types(described[name]) : std::map<std::string, Dtype>());
    if (name == kNeurons)
      run.experiment().save_neurons(views_of(columns));
    else
      run.experiment().save_connections(views_of(columns));
  }
}

}  // namespace neurotape::exchange
