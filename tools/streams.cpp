#include <algorithm>

#include "tools/commands.hpp"
#include "tools/table.hpp"

namespace neurotape::tools {
namespace {

std::string type_of(const StreamColumn& column) {
  return column.text_bytes != 0 ? "S" + std::to_string(column.text_bytes) : std::string(dtype_name(column.dtype));
}

Json describe(const StreamInfo& stream) {
  Json columns = Json::array();
  std::string types;
  for (const auto& column : stream.columns) {
    columns.push_back({{"name", column.name}, {"dtype", type_of(column)}, {"chunk_rows", column.chunk_rows}});
    if (column.name != "timesteps") types += (types.empty() ? "" : ", ") + type_of(column);
  }
  const bool shaped = stream.is_dense() && stream.columns.size() > 1;
  return {{"path", stream.path},
          {"shape", shaped ? Json(stream.columns[1].shape.dimensions()) : Json()},
          {"dtype", types},
          {"unit", stream.unit},
          {"every", stream.is_dense() ? Json(stream.every) : Json()},
          {"population_size", stream.population_size != 0 ? Json(stream.population_size) : Json()},
          {"codec", stream.codec},
          {"sorted", stream.sorted},
          {"columns", columns},
          {"rows", stream.rows},
          {"raw_bytes", stream.raw_bytes},
          {"stored_bytes", stream.stored_bytes},
          {"gaps", 0},
          {"rows_lost", 0}};
}

}  // namespace

Json describe_streams(const EpisodeReader& episode) {
  Json streams = Json::array();
  for (const auto& stream : episode.streams()) streams.push_back(describe(stream));
  for (const auto& gap : episode.gaps()) {
    auto found = std::find_if(streams.begin(), streams.end(), [&](const Json& s) { return s["path"] == gap.stream; });
    if (found == streams.end()) {
      found = streams.insert(streams.end(), describe_unread_stream(gap.stream));
    }
    (*found)["gaps"] = (*found)["gaps"].get<std::uint64_t>() + 1;
    (*found)["rows_lost"] = (*found)["rows_lost"].get<std::uint64_t>() + gap.rows;
  }
  for (auto& stream : streams) stream["ratio"] = ratio_of(stream);
  return streams;
}

Json describe_unread_stream(const std::string& path) {
  Json stream = describe({.path = path, .columns = {}, .unit = {}, .codec = {}});
  for (const char* unknown : {"every", "sorted"}) stream[unknown] = nullptr;
  return stream;
}

Json ratio_of(const Json& sizes) {
  const auto stored = sizes["stored_bytes"].get<double>();
  return stored > 0 ? Json(sizes["raw_bytes"].get<double>() / stored) : Json();
}

std::vector<std::string> stream_titles() {
  return {"stream", "shape",   "dtype",  "unit",  ">every", ">rows",
          ">raw",   ">stored", ">ratio", "codec", ">gaps",  ">rows lost"};
}

std::vector<std::string> stream_cells(const Json& stream) {
  const auto& shape = stream["shape"];
  const auto& ratio = stream["ratio"];
  const auto count = [&](const char* key) { return stream[key] == 0 ? "" : plain(stream[key]); };
  return {plain(stream["path"]),
          shape.is_array() ? Shape(shape.get<std::vector<std::uint64_t>>()).to_string() : plain(shape),
          plain(stream["dtype"]),
          plain(stream["unit"]),
          plain(stream["every"]),
          plain(stream["rows"]),
          size_text(stream["raw_bytes"]),
          size_text(stream["stored_bytes"]),
          ratio.is_null() ? "" : number_text("%.2f", ratio.get<double>()),
          plain(stream["codec"]),
          count("gaps"),
          count("rows_lost")};
}

std::string size_text(const Json& bytes) {
  return bytes.is_null() ? std::string() : bytes_text(bytes.get<std::uint64_t>());
}

std::string notes_text(const Json& notes) {
  std::string text;
  for (const auto& note : notes) text += "note: " + plain(note) + "\n";
  return text;
}

std::string plain(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string members_text(std::string_view title, const Json& object) {
  if (object.empty()) return {};
  Table table({"", ""});
  for (const auto& [name, value] : object.items()) table.add({name, plain(value)});
  return "\n" + std::string(title) + "\n" + table.to_string();
}

}  // namespace neurotape::tools
