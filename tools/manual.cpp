#include "tools/manual.hpp"

#include <algorithm>
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

}  // namespace

std::string manual(const CLI::App& app, const std::string& version) {
  std::string page = ".TH NEUROTAPE 1 \"\" \"neurotape " + version + "\" \"User Commands\"\n";
  page += ".SH NAME\nneurotape \\- looks into recorded experiments, checks, copies and exports them\n";
  page += ".SH SYNOPSIS\n.B neurotape\n.I command\n[arguments]\n.SH DESCRIPTION\n" + as_it_is(app.get_description());
  page += as_it_is(app.get_footer()) + ".SH COMMANDS\n";
  for (const auto* command : commands_of(app)) {
    page += ".SS neurotape " + command->get_name() + escaped(synopsis(*command)) + "\n";
    page += as_it_is(command->get_description()) + options_of(*command) + ".PP\n" + as_it_is(command->get_footer());
  }
  return page;
}

std::string completion(const CLI::App& app) {
  std::string names, cases;
  for (const auto* command : commands_of(app)) {
    std::string options;
    for (const auto* option : command->get_options())
      for (const auto& name : option->get_lnames()) options += (options.empty() ? "--" : " --") + name;
    names += (names.empty() ? "" : " ") + command->get_name();
    cases += "    " + command->get_name() + ") options='" + options + "' ;;\n";
  }
  return "# Completion of bash for neurotape.\n"
         "_neurotape() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} options=''\n"
         "  if ((COMP_CWORD == 1)); then\n"
         "    COMPREPLY=($(compgen -W '" +
         names +
         " --help --version' -- \"$word\"))\n"
         "    return\n"
         "  fi\n"
         "  case ${COMP_WORDS[1]} in\n" +
         cases +
         "  esac\n"
         "  if [[ $word == -* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
         "  else\n"
         "    COMPREPLY=($(compgen -f -- \"$word\"))\n"
         "  fi\n"
         "}\n"
         "complete -o filenames -F _neurotape neurotape\n";
}

}  // namespace neurotape::tools
