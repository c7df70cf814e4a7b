#include "bench/support/workload.hpp"

#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace neurotape::bench {
namespace {

void write(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

}  // namespace

std::size_t Series::row_bytes() const noexcept {
  std::size_t sum = sizeof(std::int64_t);
  for (const auto& field : fields) sum += field.row_bytes();
  return sum;
}

double Workload::step_bytes() const noexcept {
  double sum = 0;
  for (const auto& one : series) sum += static_cast<double>(one.rows() * one.row_bytes());
  return sum / static_cast<double>(steps());
}

void Workload::save(const std::filesystem::path& directory) const {
  auto list = nlohmann::json::array();
  for (std::size_t i = 0; i < series.size(); ++i) {
    auto fields = nlohmann::json::array();
    for (std::size_t k = 0; k < series[i].fields.size(); ++k) {
      const Field& field = series[i].fields[k];
      const auto name = fmt::format("{}_{}.raw", i, k);
      write(directory / name, field.bytes);
      fields.push_back(
          {{"name", field.name}, {"dtype", dtype_name(field.dtype)}, {"width", field.width}, {"file", name}});
    }
    const auto ends = fmt::format("{}_ends.raw", i);
    write(directory / ends, std::as_bytes(series[i].ends()));
    list.push_back({{"name", series[i].name}, {"fields", fields}, {"ends", ends}});
  }
  std::ofstream(directory / "workload.json") << nlohmann::json{{"series", list}};
}

}  // namespace neurotape::bench
