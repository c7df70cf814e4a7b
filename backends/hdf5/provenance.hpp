#pragma once
/// \file
/// Where a run comes from, as far as the process can tell.

#include <filesystem>
#include <string>

namespace neurotape::hdf5 {

/// The commit that is checked out in the git repository around `directory`; empty when there is none.
std::string git_commit(const std::filesystem::path& directory);
/// The arguments of this process, separated by spaces.
std::string command_line();
std::string host_name();

}  // namespace neurotape::hdf5
