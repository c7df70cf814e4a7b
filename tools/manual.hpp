#pragma once
/// \file
/// What is installed beside the command, made from what it says of itself.

#include <CLI/CLI.hpp>
#include <string>

namespace neurotape::tools {

/// The man page, in the language of man(7).
std::string manual(const CLI::App& app, const std::string& version);
/// Completion for bash: commands, options and files.
std::string completion(const CLI::App& app);

}  // namespace neurotape::tools
