#include "loader/verify/setup_check.hpp"

#include <fmt/format.h>
#include <set>

#include "loader/attributes.hpp"
#include "loader/dataset.hpp"
#include "loader/format.hpp"

namespace neurotape::loader {
namespace {

constexpr const char* kSetup = "setup.h5";

class NetworkCheck {
 public:
  NetworkCheck(std::shared_ptr<const File> file, Findings& findings, Crew& crew)
      : file_(std::move(file)), findings_(findings), crew_(crew) {}

  void check_table(const std::string& table) try {
    const std::string group = "network_structure/" + table;
    std::optional<std::uint64_t> rows;
    for (const auto& name : names(group)) {
      const auto column = open(group, name);
      if (!column) continue;
      if (column->layout().dimensions.size() != 1 || (rows && *rows != column->rows()))
        fault(group, name, fmt::format("it does not have one value for each of {} rows", rows.value_or(0)));
      rows = column->rows();
      read(group, name, *column);
    }
  } catch (const Error& error) {
    fault("network_structure/" + table, "", cause_of(error));
  }

 private:
  void fault(const std::string& group, const std::string& column, std::string what,
             std::optional<std::uint64_t> chunk = {}) {
    findings_.add({kSetup, "", group, column, chunk, {}, std::move(what)});
  }

  std::vector<std::string> names(const std::string& group) const {
    const Hdf5Lock lock;
    if (kind_of(file_->id(), group, file_->place()) != LinkKind::group) return {};
    return names_in(file_->id(), group, file_->place());
  }

  std::shared_ptr<const Dataset> open(const std::string& group, const std::string& name) try {
    return Dataset::open(file_, "/" + group + "/" + name, file_->place());
  } catch (const Error& error) {
    fault(group, name, cause_of(error));
    return nullptr;
  }

  void read(const std::string& group, const std::string& name, const Dataset& column) {
    if (column.rows() == 0) return;
    const bool chunked = column.layout().decodable;
    const std::uint64_t piece = chunked ? column.chunk_rows() : column.rows();
    crew_.each((column.rows() - 1) / piece + 1, [&](auto next) {
      detail::Storage values;
      while (const auto chunk = next()) {
        try {
          if (chunked) {
            column.read_one_chunk(*chunk, 0, values);
          } else {
            column.check_claim(column.rows() * column.row_bytes());
            values.resize(static_cast<std::size_t>(column.rows() * column.row_bytes()));
            column.read({0, column.rows()}, values.bytes());
          }
          findings_.count({.chunks = 1, .bytes = values.size()});
        } catch (const Error& error) {
          fault(group, name, cause_of(error), chunked ? chunk : std::nullopt);
        }
      }
    });
  }

  std::shared_ptr<const File> file_;
  Findings& findings_;
  Crew& crew_;
};

}  // namespace

nlohmann::json check_run_attributes(const File& file, const std::string& name, Findings& findings) {
  const Hdf5Lock lock;
  check_format(file);
  auto all = read_attributes(open_group(file.id(), "/", file.place()).get(), file.place());
  for (const char* attribute :
       {"experiment_name", "created", "neurotape_version", "host", "command_line", "git_commit", "dt_unit"})
    if (const auto found = all.find(attribute); found == all.end() || !found->is_string())
      findings.add({name, "", "", "", {}, {}, fmt::format("its attribute '{}' is missing, or no text", attribute)});
  if (const auto dt = all.find("dt"); dt == all.end() || !dt->is_number())
    findings.add({name, "", "", "", {}, {}, "its attribute 'dt' is missing, or no number"});
  return all;
}

nlohmann::json check_setup(const std::filesystem::path& run, const std::shared_ptr<Prober>& prober, Findings& findings,
                           Crew& crew) try {
  const auto file = File::open(run / kSetup, prober);
  findings.count({.files = 1});
  auto attributes = check_run_attributes(*file, kSetup, findings);
  {
    const Hdf5Lock lock;
    for (const char* group : {"config", "network_structure"})
      if (kind_of(file->id(), group, file->place()) != LinkKind::group)
        findings.add({kSetup, "", "", "", {}, {}, fmt::format("its group '{}' is missing", group)});
      else
        read_attributes(open_group(file->id(), group, file->place()).get(), file->place());
  }
  NetworkCheck network(file, findings, crew);
  for (const char* table : {"neurons", "connections"}) network.check_table(table);
  return attributes;
} catch (const Error& error) {
  if (error.code() == ErrorCode::unsupported) throw;  // all that follows is, too
  findings.add({kSetup, "", "", "", {}, {}, cause_of(error)});
  return nullptr;
}

}  // namespace neurotape::loader
