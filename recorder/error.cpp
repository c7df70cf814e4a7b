#include "neurotape/error.hpp"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <utility>
#include <vector>

namespace neurotape {
namespace {

/// Messages end in logs and status lines, where one error is one line; library errors span several.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return std::iscntrl(c) != 0; }, ' ');
  return text;
}

std::string describe(const std::string& message, const ErrorContext& context) {
  std::vector<std::string> where;
  if (!context.stream.empty()) where.push_back(fmt::format("stream '{}'", context.stream));
  if (context.timestep) where.push_back(fmt::format("timestep {}", *context.timestep));

  std::vector<std::string> whose;
  if (!context.experiment.empty()) whose.push_back(fmt::format("experiment '{}'", context.experiment));
  if (!context.episode.empty()) whose.push_back(fmt::format("episode '{}'", context.episode));
  if (!context.path.empty()) whose.push_back(fmt::format("path '{}'", context.path));

  std::string text = message;
  if (!where.empty()) text = fmt::format("{}: {}", fmt::join(where, ", "), text);
  if (!whose.empty()) text += fmt::format(" ({})", fmt::join(whose, ", "));
  return one_line(std::move(text));
}

}  // namespace

Error::Error(ErrorCode code, const std::string& message, ErrorContext context)
    : std::runtime_error(describe(message, context)),
      code_(code),
      told_(std::make_shared<Told>(Told{message, std::move(context)})) {}

}  // namespace neurotape
