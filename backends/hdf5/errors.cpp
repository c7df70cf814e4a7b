#include "backends/hdf5/errors.hpp"

#include <fmt/format.h>
#include <string>
#include <system_error>

namespace neurotape::hdf5 {
namespace {

// HDF5 calls it with its lock held, and knows no exceptions.
herr_t append_frame(unsigned, const H5E_error2_t* frame, void* text) noexcept try {
  auto& message = *static_cast<std::string*>(text);
  if (!message.empty()) message += "; ";
  message += fmt::format("{}: {}", frame->func_name == nullptr ? "?" : frame->func_name,
                         frame->desc == nullptr ? "?" : frame->desc);
  return 0;
} catch (...) {
  return -1;
}

std::string error_stack() {
  std::string text;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, append_frame, &text);
  H5Eclear2(H5E_DEFAULT);
  return text.empty() ? "no details" : text;
}

/// Files are created under a name that begins with a dot, which HDF5 remembers; they get their final name later.
std::filesystem::path present_name(const std::filesystem::path& opened) {
  std::error_code ignored;
  const auto name = opened.filename().string();
  if (!name.starts_with('.') || std::filesystem::exists(opened, ignored)) return opened;
  const auto renamed = opened.parent_path() / name.substr(1);
  return std::filesystem::exists(renamed, ignored) ? renamed : opened;
}

[[noreturn]] void throw_io(std::string_view tried, std::string_view why, const std::filesystem::path& path) {
  throw Error(ErrorCode::io, fmt::format("{}: {}", tried, why), in_file(present_name(path)));
}

std::filesystem::path path_of(hid_t object) {
  const auto length = H5Fget_name(object, nullptr, 0);
  if (length <= 0) return {};
  std::string name(static_cast<std::size_t>(length) + 1, '\0');
  H5Fget_name(object, name.data(), name.size());
  name.pop_back();
  return name;
}

}  // namespace

ErrorContext in_file(const std::filesystem::path& path) {
  ErrorContext context;
  context.stream = StreamScope::path();
  context.path = path.string();
  return context;
}

void fail_hdf5(std::string_view tried, hid_t object) {
  const auto stack = error_stack();  // first, for every call to HDF5 clears it
  throw_io(tried, stack, path_of(object));
}

void fail_hdf5(std::string_view tried, const std::filesystem::path& path) { throw_io(tried, error_stack(), path); }

void fail_system(std::string_view tried, const std::filesystem::path& path, int error_number) {
  throw_io(tried, std::generic_category().message(error_number), path);
}

}  // namespace neurotape::hdf5
