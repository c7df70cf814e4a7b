#include "backends/npz/npy_header.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>

#include "neurotape/error.hpp"

namespace neurotape::npz {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kAlignment = 64;
constexpr std::size_t kLongestV1 = 65535;
constexpr std::size_t kMostDimensions = 64;

[[noreturn]] void damaged(std::string_view why) {
  throw Error(ErrorCode::damaged, fmt::format("its NPY header {}", why));
}

/// Reads the dictionary literal of a header from front to back.
class Literal {
 public:
  explicit Literal(std::string_view text) : rest_(text) {}

  bool take(char c) {
    skip();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!take(c)) damaged(fmt::format("lacks a '{}' before '{}'", c, printable(rest_)));
  }
  bool at(char c) {
    skip();
    return !rest_.empty() && rest_.front() == c;
  }
  std::string_view text() {
    skip();
    const char quote = rest_.empty() ? '\0' : rest_.front();
    const auto end = rest_.find(quote, 1);
    if ((quote != '\'' && quote != '"') || end == rest_.npos)
      damaged(fmt::format("has no text at '{}'", printable(rest_)));
    const auto found = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return found;
  }
  bool boolean() {
    skip();
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "True" : "False";
      if (!rest_.starts_with(word)) continue;
      rest_.remove_prefix(word.size());
      return value;
    }
    damaged(fmt::format("has neither True nor False at '{}'", printable(rest_)));
  }
  std::uint64_t number() {
    skip();
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc{}) damaged(fmt::format("has no length of a dimension at '{}'", printable(rest_)));
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    take('L');  // of Python 2
    return value;
  }
  std::string_view rest() const { return rest_; }

  static std::string printable(std::string_view text) {
    std::string shown(text.substr(0, 40));
    for (char& c : shown)
      if (c < ' ' || c > '~') c = '?';
    return shown;
  }

 private:
  void skip() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\n' || rest_.front() == '\t'))
      rest_.remove_prefix(1);
  }

  std::string_view rest_;
};

[[noreturn]] void unsupported(std::string_view type, std::string_view why) {
  throw Error(ErrorCode::unsupported, fmt::format("it has values of the type '{}': {}", Literal::printable(type), why));
}

void take_type(Literal& literal, NpyHeader& header) {
  if (literal.at('[')) unsupported(literal.rest(), "records are not read");
  const auto descr = literal.text();
  if (descr.find('O') != descr.npos)
    unsupported(descr, "these are Python objects, which only pickle reads, and that runs code of the file");
  if (descr.size() < 2 || std::string_view("<>|=").find(descr[0]) == descr.npos)
    damaged(fmt::format("has no type: '{}'", Literal::printable(descr)));
  header.big_endian = descr[0] == '>';
  header.kind = descr[1];
  const auto* const end = descr.data() + descr.size();
  const auto [stop, error] = std::from_chars(descr.data() + 2, end, header.item_bytes);
  const auto one_of = [&](std::initializer_list<std::size_t> sizes) {
    return std::find(sizes.begin(), sizes.end(), header.item_bytes) != sizes.end();
  };
  const bool is_integer = header.kind == 'i' || header.kind == 'u';
  const bool is_known = (header.kind == 'b' && header.item_bytes == 1) || (is_integer && one_of({1, 2, 4, 8})) ||
                        (header.kind == 'f' && one_of({2, 4, 8})) || header.kind == 'U' || header.kind == 'S';
  if (error != std::errc{} || stop != end || !is_known) unsupported(descr, "C++ has no such type");
  if (header.kind == 'U' && __builtin_mul_overflow(header.item_bytes, 4, &header.item_bytes))
    damaged("has texts of an impossible length");
}

void take_shape(Literal& literal, NpyHeader& header) {
  literal.expect('(');
  while (!literal.take(')')) {
    header.shape.push_back(literal.number());
    if (header.shape.size() > kMostDimensions) damaged("has more than 64 dimensions");
    if (literal.take(',')) continue;
    literal.expect(')');
    break;
  }
  header.values = Shape(std::span(header.shape)).values();
}

void take_dictionary(std::string_view text, NpyHeader& header) {
  Literal literal(text);
  int type = 0, order = 0, shape = 0;
  literal.expect('{');
  while (!literal.take('}')) {
    const auto key = literal.text();
    literal.expect(':');
    if (key == "descr" && ++type == 1) {
      take_type(literal, header);
    } else if (key == "fortran_order" && ++order == 1) {
      header.fortran_order = literal.boolean();
    } else if (key == "shape" && ++shape == 1) {
      take_shape(literal, header);
    } else {
      damaged(
          fmt::format("has the key '{}', expected descr, fortran_order and shape, once each", Literal::printable(key)));
    }
    if (literal.take(',')) continue;
    literal.expect('}');
    break;
  }
  if (type + order + shape != 3) damaged("lacks descr, fortran_order or shape");
}

}  // namespace

std::string_view npy_type(Dtype dtype) noexcept {
  constexpr std::array<std::string_view, 11> kTypes{"|i1", "<i2", "<i4", "<i8", "|u1", "<u2",
                                                    "<u4", "<u8", "<f4", "<f8", "|b1"};
  return kTypes[static_cast<std::size_t>(dtype)];
}

std::string npy_header(std::string_view descr, const Shape& shape) {
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", descr, shape.to_string());
  constexpr std::size_t kBeforeText = 10;
  const std::size_t unpadded = kBeforeText + text.size() + 1;
  text.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  text += '\n';
  if (text.size() > kLongestV1) throw Error(ErrorCode::invalid_argument, "a shape is too long for an NPY header");
  std::string header(kMagic);
  header += '\x01';
  header += '\0';
  header += static_cast<char>(text.size() & 0xffU);
  header += static_cast<char>(text.size() >> 8U);
  return header + text;
}

NpyHeader parse_npy_header(std::span<const std::byte> file) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (text.size() < kPreambleBytes || !text.starts_with(kMagic))
    throw Error(ErrorCode::damaged, "it is not an NPY file: it does not begin with \\x93NUMPY");
  const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(text[i])); };
  const std::size_t major = byte(6);
  if (major < 1 || major > 3)
    throw Error(ErrorCode::unsupported, fmt::format("it is of NPY version {}, expected 1 to 3", major));
  const std::size_t before = major == 1 ? 10 : 12;
  std::size_t length = byte(8) | byte(9) << 8U;
  if (major > 1) length |= byte(10) << 16U | byte(11) << 24U;
  if (length > text.size() - before) damaged(fmt::format("has {} bytes, but the file ends before", length));
  NpyHeader header;
  header.header_bytes = before + length;
  take_dictionary(text.substr(before, length), header);
  return header;
}

}  // namespace neurotape::npz
