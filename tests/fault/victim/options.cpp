#include "tests/fault/victim/options.hpp"

#include <cstdlib>
#include <stdexcept>
#include <unistd.h>

namespace neurotape::fault {

void tell(const nlohmann::json& line) {
  const std::string text = line.dump() + "\n";
  if (::write(STDOUT_FILENO, text.data(), text.size()) != static_cast<ssize_t>(text.size())) std::_Exit(3);
}

Options options_of(int argc, char** argv, Options defaults) {
  for (int i = 2; i < argc; ++i) {
    const std::string text = argv[i];
    const auto equals = text.find('=');
    const auto option = defaults.find(text.substr(0, equals));
    if (equals == std::string::npos || option == defaults.end()) throw std::invalid_argument("what is " + text);
    option->second = text.substr(equals + 1);
  }
  return defaults;
}

Options with_no_fault(Options options) {
  options.merge(Options{{"deed", "none"}, {"at", "0"}, {"times", "1"}, {"errno", "28"}, {"call", ""}, {"page", "1"}});
  return options;
}

Plan plan_of(const Options& options) {
  static const std::map<std::string, Deed> deeds{{"none", Deed::none}, {"count", Deed::fail},
                                                 {"kill", Deed::kill}, {"tear", Deed::tear},
                                                 {"fail", Deed::fail}, {"shorten", Deed::shorten}};
  Plan plan{deeds.at(options.at("deed")),
            std::stoull(options.at("at")),
            std::stoull(options.at("times")),
            std::stoi(options.at("errno")),
            options.at("call"),
            std::stoull(options.at("page"))};
  if (options.at("deed") == "count") plan.at = UINT64_MAX;
  return plan;
}

}  // namespace neurotape::fault
