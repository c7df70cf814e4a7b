#include "tools/manual.hpp"

#include <algorithm>
#include <set>
#include <sstream>

namespace neurotape::tools {
namespace {

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

/// Nothing in it means anything to roff.
std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '\\') safe += "\\e";
    if (c == '-') safe += "\\-";
    if (c != '\\' && c != '-') safe += c;
  }
  return safe;
}

/// Lines as they are; those that roff would take for its own are kept from it.
std::string as_it_is(const std::string& text) {
  std::string page = ".nf\n";
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    page += (line.starts_with('.') || line.starts_with('\'') ? "\\&" : "") + escaped(line) + "\n";
  return page + ".fi\n";
}

/// "RUN EPISODE [options]"
std::string synopsis(const CLI::App& command) {
  std::string text;
  for (const auto* option : command.get_options())
    if (option->get_positional()) {
      const auto& name = option->get_name();
      text += option->get_required() ? " " + name : " [" + name + "]";
    }
  return text + " [options]";
}

std::string options_of(const CLI::App& command) {
  std::string page;
  for (const auto* option : command.get_options())
    page += ".TP\n.B " + escaped(option->get_name(option->get_positional(), true)) + "\n" +
            escaped(option->get_description()) + "\n";
  return page;
}

/// A section for each command, and behind it one for each command of that.
std::string sections_of(const CLI::App& app, const std::string& before) {
  std::string page;
  for (const auto* command : commands_of(app)) {
    const auto name = before + command->get_name();
    page += ".SS " + name + escaped(synopsis(*command)) + "\n";
    page += as_it_is(command->get_description()) + options_of(*command) + ".PP\n" + as_it_is(command->get_footer());
    page += sections_of(*command, name + " ");
  }
  return page;
}

/// Of a command, and of its own commands.
std::set<std::string> long_options_of(const CLI::App& command) {
  std::set<std::string> options;
  for (const auto* option : command.get_options())
    for (const auto& name : option->get_lnames()) options.insert("--" + name);
  for (const auto* below : commands_of(command)) options.merge(long_options_of(*below));
  return options;
}

std::string names_of(const CLI::App& app) {
  std::string names;
  for (const auto* command : commands_of(app)) names += (names.empty() ? "" : " ") + command->get_name();
  return names;
}

}  // namespace

std::string manual(const CLI::App& app, const std::string& version) {
  std::string page = ".TH NEUROTAPE 1 \"\" \"neurotape " + version + "\" \"User Commands\"\n";
  page += ".SH NAME\nneurotape \\- looks into recorded experiments, checks, copies, exports and imports them\n";
  page += ".SH SYNOPSIS\n.B neurotape\n.I command\n[arguments]\n.SH DESCRIPTION\n" + as_it_is(app.get_description());
  page += as_it_is(app.get_footer()) + ".SH COMMANDS\n";
  return page + sections_of(app, "neurotape ");
}

std::string completion(const CLI::App& app) {
  std::string cases;
  for (const auto* command : commands_of(app)) {
    std::string options;
    for (const auto& option : long_options_of(*command)) options += (options.empty() ? "" : " ") + option;
    cases += "    " + command->get_name() + ") options='" + options + "' names='" + names_of(*command) + "' ;;\n";
  }
  return "# Completion of bash for neurotape.\n"
         "_neurotape() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} options='' names=''\n"
         "  if ((COMP_CWORD == 1)); then\n"
         "    COMPREPLY=($(compgen -W '" +
         names_of(app) +
         " --help --version' -- \"$word\"))\n"
         "    return\n"
         "  fi\n"
         "  case ${COMP_WORDS[1]} in\n" +
         cases +
         "  esac\n"
         "  if [[ $word == -* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
         "  elif [[ -n $names ]] && ((COMP_CWORD == 2)); then\n"
         "    COMPREPLY=($(compgen -W \"$names\" -- \"$word\"))\n"
         "  else\n"
         "    COMPREPLY=($(compgen -f -- \"$word\"))\n"
         "  fi\n"
         "}\n"
         "complete -o filenames -F _neurotape neurotape\n";
}

}  // namespace neurotape::tools
