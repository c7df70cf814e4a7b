#include <algorithm>
#include <fmt/format.h>
#include <neurotape/error.hpp>

#include "exchange/import/npz_streams.hpp"

namespace neurotape::exchange {
namespace {

/// A file of somebody else's, whose arrays are streams of their own.
class ForeignArrays {
 public:
  explicit ForeignArrays(const std::filesystem::path& path) : arrays_(path) {
    if (arrays_.file().contains("timesteps")) timesteps_ = arrays_.timesteps(true);
  }

  void import(Episode& episode, NewRun& run) const {
    bool any = false;
    for (const auto& name : arrays_.file().names())
      if (name != "timesteps") any = import(name, episode, run) || any;
    if (!any)
      arrays_.fail(ErrorCode::not_found,
                   "there is no array of numbers in it whose first axis could be time: " + names_text());
  }

 private:
  /// \returns whether it became a stream
  bool import(const std::string& name, Episode& episode, NewRun& run) const {
    NpyArray array;
    try {
      array = arrays_.file().read(name);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::unsupported) throw;
      run.note(name + " was left out: " + error.what());
      return false;
    }
    if (array.is_text() || array.shape().rank() == 0) {
      keep(name, array, episode, run);
      return false;
    }
    const auto rows = rows_of(array);
    if (timesteps_) arrays_.expect_rows(name, rows, timesteps_->size());
    const auto timesteps = timesteps_ ? *timesteps_ : counted(rows);
    if (name == "rewards" && array.shape().rank() == 1) {
      record_rewards(timesteps, arrays_.column<double>(name), "", episode, run);
    } else {
      StreamPath path{StreamKind::behavior, name};
      std::replace(path.name.begin(), path.name.end(), '/', '.');  // names in a zip file may be paths
      record_dense(array, timesteps, path, {.shape = shape_of_row(array)}, episode);
      run.count(path.text(), rows);
    }
    return true;
  }

  /// What is no series says something of all of them.
  static void keep(const std::string& name, const NpyArray& array, Episode& episode, NewRun& run) {
    nlohmann::json value;
    if (array.is_text())
      value = array.shape().rank() == 0 ? nlohmann::json(array.text()) : nlohmann::json(array.texts());
    else
      visit_dtype(array.dtype(), [&]<class T>(T) { value = array.values<T>()[0]; });
    if (run.set_attribute(episode, name, value))
      run.note(name + " became an attribute of the episode: it has no axis of time");
  }

  static Array<std::int64_t> counted(std::uint64_t rows) {
    Array<std::int64_t> timesteps(static_cast<std::size_t>(rows));
    for (std::size_t i = 0; i < timesteps.size(); ++i) timesteps[i] = static_cast<std::int64_t>(i);
    return timesteps;
  }
  std::string names_text() const {
    const auto& names = arrays_.file().names();
    return names.empty() ? "it is empty" : fmt::format("it has {}", fmt::join(names, ", "));
  }

  Arrays arrays_;
  std::optional<Array<std::int64_t>> timesteps_;
};

}  // namespace

NetworkColumns read_network_arrays(const std::filesystem::path& file, const std::map<std::string, Dtype>&) {
  const Arrays arrays(file);
  NetworkColumns columns;
  for (const auto& name : arrays.file().names()) {
    columns.emplace_back(name, arrays.numbers(name));
    if (const auto& shape = columns.back().second.shape(); shape.rank() != 1)
      arrays.fail(ErrorCode::wrong_shape,
                  fmt::format("array '{}': expected one dimension, got the shape {}", name, shape.to_string()));
  }
  return columns;
}

ImportReport import_npz(const ImportOptions& options) {
  if (std::filesystem::is_directory(options.source))
    return import_exported(options, ".npz", {import_arrays, read_network_arrays});
  if (!options.stream.empty()) return import_single(options, options.stream, import_arrays);
  const ForeignArrays arrays(options.source);
  NewRun run(options, stem_of(options.source));
  auto episode = run.start_episode({});
  arrays.import(episode, run);
  run.finish(episode);
  return run.publish();
}

}  // namespace neurotape::exchange
