#include "loader/hdf5_call.hpp"

#include <fmt/format.h>

namespace neurotape::loader {
namespace {

std::recursive_mutex& hdf5_mutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

herr_t append_frame(unsigned, const H5E_error2_t* frame, void* text) noexcept try {
  if (frame->desc == nullptr || *frame->desc == '\0') return 0;
  auto& message = *static_cast<std::string*>(text);
  if (!message.empty()) message += "; ";
  message += frame->desc;
  return 0;
} catch (...) {
  return -1;
}

}  // namespace

Hdf5Lock::Hdf5Lock() : lock_(hdf5_mutex()) {}

ErrorContext context_of(const Place& place) { return {"", place.episode, place.stream, std::nullopt, place.file}; }

std::string hdf5_cause() {
  std::string text;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, append_frame, &text);
  H5Eclear2(H5E_DEFAULT);
  return text.empty() ? "no cause given" : text;
}

void fail(std::string_view tried, const Place& place) {
  throw Error(ErrorCode::io, fmt::format("{}: {}", tried, hdf5_cause()), context_of(place));
}

void damaged(std::string_view what, const Place& place) {
  throw Error(ErrorCode::damaged, std::string(what), context_of(place));
}

}  // namespace neurotape::loader
