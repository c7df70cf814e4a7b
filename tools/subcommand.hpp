#pragma once
/// \file
/// The subcommands: each declares its arguments and its help, and says what to do when it is named.

#include <CLI/CLI.hpp>
#include <functional>
#include <initializer_list>
#include <memory>
#include <neurotape/run.hpp>
#include <string>

#include "tools/output.hpp"

namespace neurotape::tools {

struct Subcommand {
  CLI::App* app;
  std::function<int()> run;  ///< \returns the exit status
};

Subcommand add_attention(CLI::App& app);
Subcommand add_info(CLI::App& app);
Subcommand add_ls(CLI::App& app);
Subcommand add_diff(CLI::App& app);
Subcommand add_estimate(CLI::App& app);
Subcommand add_export(CLI::App& app);
Subcommand add_import(CLI::App& app);
Subcommand add_merge(CLI::App& app);
Subcommand add_pack(CLI::App& app);
Subcommand add_plot(CLI::App& app);
Subcommand add_show(CLI::App& app);
Subcommand add_stats(CLI::App& app);
Subcommand add_unpack(CLI::App& app);
Subcommand add_verify(CLI::App& app);
Subcommand add_watch(CLI::App& app);
Subcommand add_recover(CLI::App& app);

/// Declares a subcommand with arguments of its own, which live as long as it.
/// \param Arguments has `int execute() const`
template <class Arguments>
Subcommand declare(CLI::App& app, const char* name, const char* about, const char* footer,
                   const std::function<void(CLI::App&, Arguments&)>& add_arguments) {
  auto* added = app.add_subcommand(name, about);
  added->footer(footer);
  const auto arguments = std::make_shared<Arguments>();
  add_arguments(*added, *arguments);
  return {added, [arguments] { return arguments->execute(); }};
}

/// The arguments that most subcommands have.
struct RunArguments {
  std::string path;
  bool as_json = false;

  void add_run(CLI::App& app) {
    app.add_option("RUN", path, "Run directory, episode file, segment or packed file")->required();
  }
  void add_json(CLI::App& app) { app.add_flag("--json", as_json, "The same as one JSON object"); }
  Run open() const;
};

/// Checks of options that are numbers; CLI11's own name limits of 309 digits.
CLI::Validator above_zero();
CLI::Validator zero_or_more();
/// The first of these options that the user gave; null: none.
const char* first_given(const CLI::App& command, std::initializer_list<const char*> options);
/// By number or id: "3", "episode_0003".
EpisodeReader open_episode(const Run& run, const std::string& name);
/// "0-99,120": what `--episodes`, `--neurons` take.
/// \throws Error invalid_argument
Indices parse_indices(const std::string& text, const char* option);

}  // namespace neurotape::tools
