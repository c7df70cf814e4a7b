#pragma once
/// \file
/// How the command answers: what goes to standard output, what is said on standard error, and how it ends.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace neurotape::tools {

using Json = nlohmann::ordered_json;

/// Exit statuses beside 0: the answer is "no"; it could not be found out.
inline constexpr int kNo = 1;
inline constexpr int kCannot = 2;

/// Says why on standard error. \returns kCannot
int fail(const std::string& reason);

/// Standard output. A reader that has seen enough (`| head`) is no error.
class Output {
 public:
  /// \returns false: nobody reads any more, or it cannot be written
  bool write(std::string_view text);
  /// \returns the exit status so far
  int status() const noexcept { return status_; }

 private:
  bool open_ = true;
  int status_ = 0;
};

int print(std::string_view text);
/// What was found, as JSON or as text; then, on standard error, what its member `problems` lists.
/// \returns the exit status
int answer(const Json& found, bool as_json, std::string (*text)(const Json&));
std::string json_text(const Json& value);

/// Whether standard output is a terminal whose user wants colors (NO_COLOR is not set).
bool has_colors();
enum class Color { title, good, bad };
/// The text in this color where there are colors.
std::string colored(Color color, const std::string& text);

}  // namespace neurotape::tools
