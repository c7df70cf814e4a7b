#include "loader/pack/copy.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "backends/hdf5/attributes.hpp"
#include "backends/hdf5/episode_attributes.hpp"
#include "loader/attributes.hpp"
#include "loader/exporter.hpp"
#include "loader/format.hpp"
#include "loader/pack/neuron_index_writer.hpp"

namespace neurotape::loader {
namespace {

/// Of a file of episodes, which may be the episode itself.
const std::set<std::string> kOfTheFile = {"format", "format_version", "experiment_name", "config"};
constexpr std::array<const char*, 7> kSetupTexts = {
    "experiment_name", "created", "neurotape_version", "host", "command_line", "git_commit", "dt_unit"};

/// Its streams lie elsewhere: a copy would be taken for a run of this format, and hide them.
void refuse_exporter(const File& file) {
  if (is_of_exporter(file))
    throw Error(ErrorCode::unsupported,
                "a run of the older Python exporter is not copied as it is; `neurotape export` writes what it holds",
                context_of(file.place()));
}

/// The type in memory of an attribute whose values are pointers to theirs; nothing: they are plain bytes.
std::optional<Handle> type_of_pointers(hid_t type) {
  if (H5Tis_variable_str(type) <= 0 && H5Tdetect_class(type, H5T_VLEN) <= 0) return std::nullopt;
  return Handle(H5Tget_native_type(type, H5T_DIR_ASCEND), H5Tclose);
}

}  // namespace

void Copier::copy_attributes(hid_t from, hid_t to, const std::vector<std::string>& names) {
  for (const auto& name : names) {
    const auto attribute = hdf5::open_attribute(from, name);
    const auto type = hdf5::attribute_type(attribute.get());
    const Handle space(H5Aget_space(attribute.get()), H5Sclose);
    const auto values = static_cast<std::size_t>(std::max<hssize_t>(0, H5Sget_simple_extent_npoints(space.get())));
    const auto of_pointers = type_of_pointers(type.get());
    const hid_t in_memory = of_pointers ? of_pointers->get() : type.get();
    std::vector<std::byte> bytes(values * H5Tget_size(in_memory));
    if (!bytes.empty()) hdf5::read_attribute(attribute.get(), in_memory, bytes.data());
    const auto copy = hdf5::create_attribute(to, name, type.get(), space.get(), library_.attribute_creation());
    if (!bytes.empty()) hdf5::write_attribute(copy.get(), in_memory, bytes.data());
    if (of_pointers && !bytes.empty()) H5Dvlen_reclaim(in_memory, space.get(), H5P_DEFAULT, bytes.data());
  }
}

void Copier::copy_episode(const detail::EpisodeFile& from, hid_t to, std::uint64_t number, const nlohmann::json& more) {
  const Hdf5Lock lock;
  refuse_exporter(*from.file);
  const auto source = open_group(from.file->id(), from.object, from.place());
  auto names = hdf5::attribute_names(source.get());
  std::erase_if(names, [](const auto& name) { return kOfTheFile.contains(name) || name == "episode_id"; });
  copy_attributes(source.get(), to, names);
  hdf5::set_text(library_, to, "episode_id", episode_id(number));
  hdf5::set_members(library_, to, more);
  // What was cut off ends where `commits` says, and has rows that only its checksums protect: those fit its own chunks.
  const auto layout = from.is_cut_off() ? std::nullopt : recoding_.layout;
  const bool stream_by_stream = recoding_.codec || layout;
  for (const auto& name : hdf5::link_names(source.get())) {
    const bool is_group = hdf5::is_group(source.get(), name);
    if ((layout && name == "commits") || (stream_by_stream && is_group)) continue;
    hdf5::copy_object(source.get(), name, to, library_.link_creation());
  }
  for (const auto& group : from.groups()) {
    const auto stream = from.open_stream(group);
    if (stream_by_stream)
      copy_stream(stream, layout, open_group(source.get(), group.path, from.place()).get(),
                  hdf5::require_group(library_, to, group.path).get());
    if (recoding_.by_neuron && group.kind == StreamKind::spikes && stream.neuron_index.empty())
      write_neuron_index(library_, stream, hdf5::open_group(to, group.path).get(), codec_of(stream));
  }
}

void Copier::copy_setup(const File& source, const nlohmann::json& config, hid_t to) {
  const Hdf5Lock lock;
  refuse_exporter(source);
  const auto from = open_group(source.id(), "/", source.place());
  const auto root = open_group(to, "/", source.place());
  hdf5::set_text(library_, root.get(), "format", "neurotape");
  hdf5::set_attribute(library_, root.get(), "format_version", kFormatVersion);
  for (const char* name : kSetupTexts)
    hdf5::set_text(library_, root.get(), name, hdf5::text_attribute(from.get(), name));
  const auto dt = read_attribute(from.get(), "dt", source.place());
  hdf5::set_attribute(library_, root.get(), "dt", dt.is_number() ? dt.get<double>() : 0.0);
  for (const char* group : {"config", "network_structure"}) {
    if (hdf5::link_exists(from.get(), group))
      hdf5::copy_object(from.get(), group, root.get(), library_.link_creation());
    else
      hdf5::require_group(library_, root.get(), group);
  }
  if (!hdf5::link_exists(from.get(), "config") && config.is_object())
    hdf5::set_members(library_, open_group(root.get(), "config", source.place()).get(), config);
}

}  // namespace neurotape::loader
