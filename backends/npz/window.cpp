#include "backends/npz/window.hpp"

#include <algorithm>
#include <cstring>

namespace neurotape::npz {

void Window::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const bool behind = at_ < start_ || at_ > start_ + filled_;
    if (behind || at_ - start_ == memory_->bytes()) flush();
    const auto offset = static_cast<std::size_t>(at_ - start_);
    const auto part = bytes.first(std::min(bytes.size(), memory_->bytes() - offset));
    std::memcpy(memory_->data() + offset, part.data(), part.size());
    filled_ = std::max(filled_, offset + part.size());
    at_ += part.size();
    size_ = std::max(size_, at_);
    bytes = bytes.subspan(part.size());
  }
}

void Window::flush() {
  if (filled_ != 0) write_at_(start_, {memory_->data(), filled_});
  start_ = at_;
  filled_ = 0;
}

}  // namespace neurotape::npz
