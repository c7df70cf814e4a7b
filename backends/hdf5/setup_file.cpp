#include "backends/hdf5/setup_file.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

#include "backends/hdf5/episode_attributes.hpp"
#include "backends/hdf5/provenance.hpp"
#include "backends/hdf5/run_directory.hpp"

namespace neurotape::hdf5 {
namespace {

/// Longer ones would not fit in an object header beside other attributes.
constexpr std::size_t kConfigTextBytes = 64'000;
constexpr std::size_t kMemberNameBytes = 1'000;
constexpr std::uint64_t kColumnChunkBytes = 1U << 20;

void check_config(const nlohmann::json& config) {
  if (!config.is_object()) throw Error(ErrorCode::invalid_argument, "a configuration is a JSON object");
  for (const auto& [name, value] : config.items()) {
    if (name.empty() || name.size() > kMemberNameBytes || name.find('\0') != name.npos)
      throw Error(ErrorCode::invalid_name,
                  fmt::format("expected the names of a configuration to have 1 to {} bytes and no NUL, got {} bytes",
                              kMemberNameBytes, name.size()));
  }
}

void check_columns(std::string_view table, std::span<const NamedArray> columns) {
  for (const auto& column : columns) {
    const auto name = column.name;
    if (name.empty() || name == "." || name == ".." || name.find('/') != name.npos || name.find('\0') != name.npos) {
      throw Error(ErrorCode::invalid_name, fmt::format("'{}' cannot be the name of a column of {}", name, table));
    }
    if (column.values.size() != columns.front().values.size()) {
      throw Error(ErrorCode::wrong_shape,
                  fmt::format("columns of {} differ in length: '{}' has {} values, '{}' {}", table,
                              columns.front().name, columns.front().values.size(), name, column.values.size()));
    }
  }
}

/// Checksummed, uncompressed: written once, and read as fast as the disk gives it.
void write_column(Library& library, hid_t group, const NamedArray& column) {
  const std::uint64_t size = column.values.size();
  const auto bytes = dtype_bytes(column.values.dtype());
  const auto space = create_space({size}, {size});
  const std::vector<Filter> checksum{{H5Z_FILTER_FLETCHER32, false, {}}};
  const auto creation =
      size == 0 ? library.plain_creation(0)
                : library.chunked_creation({std::min<hsize_t>(size, kColumnChunkBytes / bytes)}, checksum, false);
  const auto type = library.type(column.values.dtype());
  const auto dataset = create_dataset(group, std::string(column.name), type, space.get(), library.link_creation(),
                                      creation, library.dataset_access());
  if (size != 0) write_all(dataset.get(), type, column.values.data());
}

/// Copies what is in a group of the old file to the same group of the new one, but for one path.
void copy_groups(Library& library, hid_t from, hid_t to, std::string_view left_out) {
  for (const char* group : {"config", "network_structure"}) {
    if (left_out == group || !link_exists(from, group)) continue;
    if (std::string_view(group) == "config") {
      copy_object(from, group, to, library.link_creation());
      continue;
    }
    const auto source = open_group(from, group);
    const auto target = require_group(library, to, group);
    for (const auto& table : link_names(source.get())) {
      if (left_out != fmt::format("{}/{}", group, table)) {
        copy_object(source.get(), table, target.get(), library.link_creation());
      }
    }
  }
}

}  // namespace

Setup make_setup(const RunInfo& info, WallTime now) {
  std::error_code error;
  const auto directory = std::filesystem::current_path(error);
  return {.experiment_name = info.name,
          .created = iso8601(now),
          .neurotape_version = NEUROTAPE_VERSION,
          .host = host_name(),
          .command_line = command_line(),
          .git_commit = error ? "" : git_commit(directory),
          .dt = info.dt,
          .dt_unit = info.dt_unit};
}

void write_setup_attributes(Library& library, hid_t root, const Setup& setup) {
  set_text(library, root, "format", "neurotape");
  set_attribute(library, root, "format_version", std::int64_t{1});
  set_text(library, root, "experiment_name", setup.experiment_name);
  set_text(library, root, "created", setup.created);
  set_text(library, root, "neurotape_version", setup.neurotape_version);
  set_text(library, root, "host", setup.host);
  set_text(library, root, "command_line", setup.command_line);
  set_text(library, root, "git_commit", setup.git_commit);
  set_attribute(library, root, "dt", setup.dt);
  set_text(library, root, "dt_unit", setup.dt_unit);
}

SetupFile::SetupFile(Library& library, std::filesystem::path path, Setup setup)
    : library_(library), path_(std::move(path)), setup_(std::move(setup)) {
  replace("", [](hid_t) {});
}

SetupFile::SetupFile(Library& library, std::filesystem::path path) : library_(library), path_(std::move(path)) {
  const auto file = File::open(path_, Access::read);
  const auto root = open_group(file.id(), "/");
  const auto text = [&](const char* name) { return text_attribute(root.get(), name); };
  if (text("format") != "neurotape") {
    throw Error(ErrorCode::damaged, "not a file of neurotape", in_file(path_));
  }
  const auto version = json_attribute(library_, root.get(), "format_version");
  if (version != 1) {
    throw Error(ErrorCode::unsupported, fmt::format("format version {}, this library writes 1", version.dump()),
                in_file(path_));
  }
  setup_ = {text("experiment_name"),
            text("created"),
            text("neurotape_version"),
            text("host"),
            text("command_line"),
            text("git_commit"),
            0,
            text("dt_unit")};
  const auto dt = json_attribute(library_, root.get(), "dt");
  if (dt.is_number()) setup_.dt = dt.get<double>();
  if (link_exists(root.get(), "config")) set_config_text(members(library_, open_group(root.get(), "config").get()));
}

void SetupFile::set_config_text(const nlohmann::json& config) {
  config_text_ = config.empty() ? "" : config.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (config_text_.size() > kConfigTextBytes) config_text_.clear();
}

template <class Write>
void SetupFile::replace(std::string_view left_out, const Write& write) {
  const auto transient = transient_name(path_);
  remove_file(transient);
  auto file = File::create(transient, Root::small, File::Mode::direct, library_.company());
  write_setup_attributes(library_, open_group(file.id(), "/").get(), setup_);
  if (file_facts(path_)) {
    auto old = File::open(path_, Access::read);
    old.read_ahead();
    copy_groups(library_, old.id(), file.id(), left_out);
  }
  write(file.id());
  for (const char* group : {"config", "network_structure"}) require_group(library_, file.id(), group);
  file.close();
  put_in_place(transient, path_, library_.is_durable());
}

void SetupFile::save_config(const nlohmann::json& config) {
  check_config(config);
  replace("config", [&](hid_t file) { set_members(library_, require_group(library_, file, "config").get(), config); });
  set_config_text(config);
}

void SetupFile::save_network(std::string_view table, std::span<const NamedArray> columns) {
  check_columns(table, columns);
  const auto path = fmt::format("network_structure/{}", table);
  replace(path, [&](hid_t file) {
    const auto group = require_group(library_, file, path);
    for (const auto& column : columns) write_column(library_, group.get(), column);
  });
}

}  // namespace neurotape::hdf5
