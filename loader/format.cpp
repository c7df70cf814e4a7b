#include "loader/format.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "loader/attributes.hpp"
#include "loader/exporter.hpp"
#include "loader/json_text.hpp"

namespace neurotape::loader {

std::string episode_id(std::uint64_t number) { return fmt::format("episode_{:04}", number); }

std::optional<std::uint64_t> number_in(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  const bool digits = std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
  // More digits than four do not begin with a zero: every number has one name.
  if (!digits || name.size() < 4 || (name.size() > 4 && name[0] == '0')) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

void check_format(const File& file) {
  const Hdf5Lock lock;
  const Handle root = open_group(file.id(), "/", file.place());
  const auto format = read_attribute(root.get(), "format", file.place());
  if (format.is_null() && is_of_exporter(file)) return;
  if (format != "neurotape") damaged("not a neurotape file: its attribute 'format' does not say so", file.place());
  const auto version = read_attribute(root.get(), "format_version", file.place());
  if (!version.is_number_integer() || version.get<std::int64_t>() < 1)
    damaged("the attribute 'format_version' is missing", file.place());
  if (version.get<std::int64_t>() > kFormatVersion)
    throw Error(ErrorCode::unsupported,
                fmt::format("format version {} is newer than this program, which reads {}", version.get<std::int64_t>(),
                            kFormatVersion),
                context_of(file.place()));
}

nlohmann::json read_config(const File& file, const nlohmann::json& attributes) {
  if (kind_of(file.id(), "config", file.place()) == LinkKind::group)
    return read_attributes(open_group(file.id(), "config", file.place()).get(), file.place());
  const auto found = attributes.find("config");
  if (found == attributes.end()) return nlohmann::json::object();
  if (!found->is_string()) return *found;
  auto parsed = parse_json(found->get_ref<const std::string&>());
  return parsed.is_discarded() ? *found : parsed;
}

}  // namespace neurotape::loader
