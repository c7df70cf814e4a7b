#include "backends/npz/npy_decode.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <limits>

#include "backends/npz/npy_header.hpp"
#include "backends/npz/text.hpp"
#include "neurotape/error.hpp"

namespace neurotape {
namespace {

using npz::NpyHeader;
using Bytes = std::span<std::byte>;

void swap_bytes(Bytes bytes, std::size_t unit) {
  for (std::size_t i = 0; i + unit <= bytes.size(); i += unit)
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i), bytes.begin() + static_cast<std::ptrdiff_t>(i + unit));
}

/// From column order to row order: the index of an element runs through the shape backwards.
void transpose(std::span<const std::byte> from, Bytes to, const NpyHeader& header) {
  const auto& shape = header.shape;
  std::vector<std::uint64_t> stride(shape.size()), index(shape.size());
  std::uint64_t product = 1;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    stride[d] = product;
    product *= shape[d];
  }
  std::uint64_t at = 0;
  for (std::uint64_t i = 0; i < header.values; ++i) {
    std::memcpy(to.data() + i * header.item_bytes, from.data() + at * header.item_bytes, header.item_bytes);
    for (std::size_t d = shape.size(); d-- > 0;) {
      at += stride[d];
      if (++index[d] < shape[d]) break;
      at -= stride[d] * shape[d];
      index[d] = 0;
    }
  }
}

float widened(std::uint16_t half) {
  const int exponent = (half >> 10) & 0x1F;
  const int fraction = half & 0x3FF;
  const float sign = (half & 0x8000) != 0 ? -1.0F : 1.0F;
  if (exponent == 0x1F)
    return sign * (fraction == 0 ? std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN());
  return exponent == 0 ? sign * std::ldexp(static_cast<float>(fraction), -24)
                       : sign * std::ldexp(static_cast<float>(fraction + 0x400), exponent - 25);
}

Dtype dtype_of_header(const NpyHeader& header) {
  if (header.kind == 'b') return Dtype::boolean;
  if (header.kind == 'f') return header.item_bytes == 8 ? Dtype::f64 : Dtype::f32;
  const int size = header.item_bytes == 1 ? 0 : header.item_bytes == 2 ? 1 : header.item_bytes == 4 ? 2 : 3;
  return static_cast<Dtype>(size + (header.kind == 'i' ? 0 : 4));
}

std::string text_of(std::span<const std::byte> item, char kind) {
  if (kind == 'S') {
    std::string text(reinterpret_cast<const char*>(item.data()), item.size());
    text.resize(text.find_last_not_of('\0') + 1);
    return text;
  }
  std::u32string text(item.size() / 4, U'\0');
  if (!text.empty()) std::memcpy(text.data(), item.data(), text.size() * 4);
  text.resize(text.find_last_not_of(U'\0') + 1);
  return npz::utf8(text);
}

std::uint64_t bytes_of(const NpyHeader& header) {
  std::uint64_t bytes = 0;
  if (header.values == UINT64_MAX || __builtin_mul_overflow(header.values, header.item_bytes, &bytes))
    throw Error(ErrorCode::damaged, "the shape in its NPY header is larger than any file");
  return bytes;
}

}  // namespace

NpyArray NpyDecoder::decode(const std::shared_ptr<std::byte[]>& file, std::size_t file_bytes) {
  const NpyHeader header = npz::parse_npy_header({file.get(), file_bytes});
  const std::uint64_t bytes = bytes_of(header);
  if (bytes != file_bytes - header.header_bytes)
    throw Error(ErrorCode::damaged,
                fmt::format("its shape {} needs {} bytes of values, but there are {}",
                            Shape(std::span(header.shape)).to_string(), bytes, file_bytes - header.header_bytes));
  Bytes values(file.get() + header.header_bytes, bytes);
  if (header.big_endian) swap_bytes(values, header.kind == 'U' ? 4 : header.kind == 'S' ? 1 : header.item_bytes);
  std::shared_ptr<std::byte[]> owner = file;
  const bool reorder = header.fortran_order && header.shape.size() > 1 && header.values > 1;
  // Values of a hand-made header may begin anywhere; they are aligned when they are copied.
  if (reorder || header.header_bytes % 16 != 0) {
    owner.reset(new std::byte[std::max<std::size_t>(bytes, 1)]);
    if (reorder) {
      transpose(values, {owner.get(), bytes}, header);
    } else if (bytes != 0) {
      std::memcpy(owner.get(), values.data(), bytes);
    }
    values = {owner.get(), bytes};
  }
  return make(header.kind, header.item_bytes, Shape(std::span(header.shape)), dtype_of_header(header),
              {std::move(owner), values.data()}, bytes);
}

NpyArray NpyDecoder::make(char kind, std::size_t item_bytes, Shape shape, Dtype dtype,
                          std::shared_ptr<std::byte[]> values, std::size_t bytes) {
  NpyArray array;
  array.shape_ = std::move(shape);
  array.dtype_ = dtype;
  array.is_text_ = kind == 'U' || kind == 'S';
  if (array.is_text_) {
    array.dtype_ = Dtype::u8;
    const std::uint64_t count = array.shape_.values();
    if (item_bytes == 0 && count > (1U << 20U))
      throw Error(ErrorCode::damaged, "it has too many texts without a letter");
    for (std::uint64_t i = 0; i < count; ++i)
      array.texts_.push_back(text_of({values.get() + i * item_bytes, item_bytes}, kind));
    return array;
  }
  if (kind == 'b')  // a byte other than 0 and 1 is no bool of C++
    for (auto& byte : Bytes(values.get(), bytes)) byte = byte == std::byte{0} ? std::byte{0} : std::byte{1};
  array.data_ = std::move(values);
  array.bytes_ = bytes;
  if (kind == 'f' && item_bytes == 2) {
    const std::size_t count = bytes / 2;
    std::shared_ptr<std::byte[]> wide(new std::byte[std::max<std::size_t>(count * 4, 1)]);
    for (std::size_t i = 0; i < count; ++i) {
      std::uint16_t half = 0;
      std::memcpy(&half, array.data_.get() + 2 * i, 2);
      const float value = widened(half);
      std::memcpy(wide.get() + 4 * i, &value, 4);
    }
    array.data_ = std::move(wide);
    array.bytes_ = count * 4;
  }
  return array;
}

}  // namespace neurotape
