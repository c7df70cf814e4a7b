#include "tools/output.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <unistd.h>

namespace neurotape::tools {

int fail(const std::string& reason) {
  std::cerr << "neurotape: " << reason << '\n';
  return kCannot;
}

bool Output::write(std::string_view text) {
  while (open_ && !text.empty()) {
    const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      open_ = false;
      if (errno != EPIPE) status_ = fail(std::string("cannot write the answer: ") + std::strerror(errno));
    }
  }
  return open_;
}

int print(std::string_view text) {
  Output output;
  output.write(text);
  return output.status();
}

std::string json_text(const Json& value) { return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

int answer(const Json& found, bool as_json, std::string (*text)(const Json&)) {
  int status = print(as_json ? json_text(found) : text(found));
  if (const auto problems = found.find("problems"); problems != found.end())
    for (const auto& problem : *problems) status = fail(problem.get<std::string>());
  return status;
}

bool has_colors() {
  static const bool wanted = [] {
    const char* terminal = std::getenv("TERM");
    const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
    return ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr && !dumb;
  }();
  return wanted;
}

std::string colored(Color color, const std::string& text) {
  if (!has_colors()) return text;
  const char* start = color == Color::title ? "\x1b[1m" : color == Color::good ? "\x1b[32m" : "\x1b[31m";
  return start + text + "\x1b[0m";
}

}  // namespace neurotape::tools
