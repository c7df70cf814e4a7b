#pragma once
/// \file
/// What `neurotape export` wrote of a run as a directory of files: `episode_0003/spikes/excitatory.csv`.

#include <filesystem>
#include <functional>
#include <map>
#include <neurotape/options.hpp>
#include <string>
#include <vector>

#include "exchange/description.hpp"
#include "exchange/import/network.hpp"
#include "exchange/import/new_run.hpp"
#include "exchange/import/streams.hpp"

namespace neurotape::exchange {

/// The file of a stream, and where its rows go.
struct StreamFile {
  std::filesystem::path path;
  StreamPath stream;
  std::optional<DescribedStream> described = {};
};

/// Records a file of a stream.
using ImportStream = std::function<void(const StreamFile& file, Episode& episode, NewRun& run)>;

/// How the files of an exported run are read.
struct FileImports {
  ImportStream stream;
  ReadTable table;  ///< of the network
};

/// Directories `episode_N` in this one, by number.
std::vector<std::filesystem::path> episode_directories(const std::filesystem::path& directory);
/// A JSON file. \throws Error not_found, io, damaged
nlohmann::json read_json(const std::filesystem::path& path);
/// The name of a file without its ending.
std::string stem_of(const std::filesystem::path& path);

/// All episodes of a directory. \param ending of the files: ".csv"
/// \throws Error not_found (there are no episodes in it, or one lacks the file of a stream), damaged
ImportReport import_exported(const ImportOptions& options, const std::string& ending, const FileImports& import);
/// One file, as one episode. \param path of its stream \param origin what `imported_from` says beside its name
ImportReport import_single(const ImportOptions& options, const std::string& path, const ImportStream& import,
                           nlohmann::json origin = nlohmann::json::object());

}  // namespace neurotape::exchange
