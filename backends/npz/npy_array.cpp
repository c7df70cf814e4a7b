#include <algorithm>
#include <cstring>
#include <fmt/format.h>

#include "neurotape/npz.hpp"

namespace neurotape {

NpzValue::NpzValue(const NpyArray& array) : shape_(array.shape()) {
  if (array.is_text()) {
    texts_ = array.texts();
    is_text_ = is_text_array_ = true;
    return;
  }
  values_ = visit_dtype(array.dtype(), [&](auto zero) {
    return ArrayView(reinterpret_cast<const decltype(zero)*>(array.bytes().data()), array.size());
  });
}

std::vector<std::string_view> NpzValue::texts() const {
  if (!is_text_array_) return {text_};
  return {texts_.begin(), texts_.end()};
}

NpyArray::NpyArray(const NpzValue& value)
    : bytes_(value.is_text() ? 0 : value.bytes().size()),
      dtype_(value.is_text() ? Dtype::u8 : value.dtype()),
      shape_(value.shape()),
      is_text_(value.is_text()) {
  if (is_text_) {
    for (const auto text : value.texts()) texts_.emplace_back(text);
    return;
  }
  const std::shared_ptr<std::byte[]> copy(new std::byte[std::max<std::size_t>(bytes_, 1)]);
  if (bytes_ != 0) std::memcpy(copy.get(), value.bytes().data(), bytes_);
  data_ = copy;
}

std::string NpyArray::type_name() const { return is_text_ ? "text" : std::string(dtype_name(dtype_)); }

void NpyArray::require(Dtype wanted) const {
  if (is_text_ || dtype_ != wanted)
    throw Error(ErrorCode::wrong_type, fmt::format("expected values of {}, got {}", dtype_name(wanted), type_name()));
}

double NpyArray::number() const {
  if (is_text_) throw Error(ErrorCode::wrong_type, "expected a number, got text");
  if (size() != 1)
    throw Error(ErrorCode::wrong_shape, fmt::format("expected one number, got the shape {}", shape_.to_string()));
  return visit_dtype(dtype_, [&](auto value) {
    std::memcpy(&value, data_.get(), sizeof value);
    return static_cast<double>(value);
  });
}

const std::string& NpyArray::text() const {
  if (texts().size() != 1)
    throw Error(ErrorCode::wrong_shape, fmt::format("expected one text, got the shape {}", shape_.to_string()));
  return texts_.front();
}

const std::vector<std::string>& NpyArray::texts() const {
  if (!is_text_) throw Error(ErrorCode::wrong_type, fmt::format("expected text, got values of {}", type_name()));
  return texts_;
}

bool operator==(const NpyArray& a, const NpyArray& b) {
  return a.is_text_ == b.is_text_ && a.dtype_ == b.dtype_ && a.shape_ == b.shape_ && a.texts_ == b.texts_ &&
         std::equal(a.bytes().begin(), a.bytes().end(), b.bytes().begin(), b.bytes().end());
}

}  // namespace neurotape
