#pragma once
/// \file
/// The network of an exported run.

#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "exchange/import/new_run.hpp"
#include "exchange/network.hpp"

namespace neurotape::exchange {

/// Reads a file of a table. \param types of its columns, where they are described
using ReadTable = std::function<NetworkColumns(const std::filesystem::path& file, const std::map<std::string, Dtype>&)>;

/// Saves the tables that are in `network/`; none where there is no such directory.
/// \param described what `run.json` says of them \param ending of the files: ".csv"
/// \throws Error not_found: a table that is described has no file; damaged
void import_network(const std::filesystem::path& source, const std::string& ending, const nlohmann::json& described,
                    const ReadTable& read, NewRun& run);

}  // namespace neurotape::exchange
