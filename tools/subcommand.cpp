#include "tools/subcommand.hpp"

#include <charconv>
#include <optional>

#include "tools/commands.hpp"

namespace neurotape::tools {
namespace {

constexpr std::uint64_t kMostIndices = 100'000'000;

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(value) : std::nullopt;
}

CLI::Validator check_of(const char* name, const char* expected, bool (*holds)(double)) {
  return {[expected, holds](const std::string& text) {
            double value = 0;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
            const bool is_fine = error == std::errc() && end == text.data() + text.size() && holds(value);
            return is_fine ? std::string() : std::string("expected ") + expected + ", got " + text;
          },
          name};
}

}  // namespace

CLI::Validator above_zero() {
  return check_of("POSITIVE", "a number above 0", [](double value) { return value > 0; });
}
CLI::Validator zero_or_more() {
  return check_of("NONNEGATIVE", "0 or a number above", [](double value) { return value >= 0; });
}

Run RunArguments::open() const { return Run(path, {.trust = Trust::none, .prober = kOwnProber}); }

const char* first_given(const CLI::App& command, std::initializer_list<const char*> options) {
  for (const char* option : options)
    if (command.count(option) != 0) return option;
  return nullptr;
}

EpisodeReader open_episode(const Run& run, const std::string& name) {
  const auto by_number = number(name);
  return by_number ? run.episode(*by_number) : run.episode(name);
}

Indices parse_indices(const std::string& text, const char* option) {
  std::vector<std::uint64_t> ids;
  for (std::string_view rest = text; !rest.empty();) {
    const auto part = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    const auto dash = part.find('-');
    const auto first = number(part.substr(0, dash)), last = dash == part.npos ? first : number(part.substr(dash + 1));
    if (!first || !last || *last < *first || *last - *first >= kMostIndices)
      throw Error(ErrorCode::invalid_argument, std::string(option) + " takes numbers and ranges, as in 1,5-9: '" +
                                                   std::string(part) + "' is neither");
    for (std::uint64_t id = *first;; ++id) {
      ids.push_back(id);
      if (id == *last) break;
    }
  }
  if (ids.empty()) throw Error(ErrorCode::invalid_argument, std::string(option) + " takes numbers, as in 1,5-9");
  return Indices(ids);
}

}  // namespace neurotape::tools
