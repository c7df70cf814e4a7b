#include "exchange/hdf5_in.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace neurotape::exchange::h5 {
namespace {

constexpr std::size_t kLongestText = 1U << 20;

/// What HDF5 says of its last failure, innermost first: the filter that is missing, the bytes that are damaged.
std::string cause() {
  std::string text;
  const auto first = [](unsigned, const H5E_error2_t* error, void* out) -> herr_t {
    auto& found = *static_cast<std::string*>(out);
    if (found.empty() && error->desc != nullptr) found = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, first, &text);
  return text.empty() ? text : " (HDF5: " + text + ")";
}

/// h5py's booleans.
bool is_boolean(hid_t type) {
  if (H5Tget_class(type) != H5T_ENUM || H5Tget_nmembers(type) != 2 || H5Tget_size(type) != 1) return false;
  std::array<std::string, 2> names;
  for (unsigned i = 0; i < 2; ++i) {
    char* name = H5Tget_member_name(type, i);
    if (name != nullptr) names[i] = name;
    H5free_memory(name);
  }
  return names == std::array<std::string, 2>{"FALSE", "TRUE"};
}

std::optional<Dtype> dtype_of_type(hid_t type) {
  if (is_boolean(type)) return Dtype::boolean;
  const auto bytes = H5Tget_size(type);
  if (H5Tget_class(type) == H5T_FLOAT)
    return bytes <= 4 ? std::optional(Dtype::f32) : bytes == 8 ? std::optional(Dtype::f64) : std::nullopt;
  if (H5Tget_class(type) != H5T_INTEGER) return std::nullopt;
  const bool is_signed = H5Tget_sign(type) != H5T_SGN_NONE;
  switch (bytes) {
    case 1:
      return is_signed ? Dtype::i8 : Dtype::u8;
    case 2:
      return is_signed ? Dtype::i16 : Dtype::u16;
    case 4:
      return is_signed ? Dtype::i32 : Dtype::u32;
    case 8:
      return is_signed ? Dtype::i64 : Dtype::u64;
    default:
      return std::nullopt;
  }
}

std::string read_text(hid_t attribute, hid_t type) {
  if (H5Tis_variable_str(type) > 0) {
    char* characters = nullptr;
    const Id memory(H5Tcopy(type), "a type");
    if (H5Aread(attribute, memory, static_cast<void*>(&characters)) < 0) return {};
    std::string text = characters == nullptr ? "" : characters;
    H5free_memory(characters);
    return text;
  }
  const auto bytes = H5Tget_size(type);
  if (bytes > kLongestText) return {};
  std::string text(bytes, '\0');
  if (H5Aread(attribute, type, text.data()) < 0) return {};
  return text.substr(0, text.find('\0'));
}

template <class T>
herr_t add_name(hid_t, const char* name, const T*, void* out) {
  static_cast<std::vector<std::string>*>(out)->emplace_back(name);
  return 0;
}

}  // namespace

Source::Source(const std::filesystem::path& path) : file_(path) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  if (!std::filesystem::exists(path))
    throw Error(ErrorCode::not_found, "there is no such file", {.path = path.string()});
  const hid_t id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (id < 0) throw Error(ErrorCode::io, "it is no HDF5 file, or a damaged one" + cause(), {.path = path.string()});
  id_ = Id(id, path.string());
}

void Source::fail(ErrorCode code, const std::string& what) const {
  throw Error(code, path_ + ": " + what, {.path = file_.string()});
}

bool Source::has(const std::string& member) const { return H5Lexists(id_, member.c_str(), H5P_DEFAULT) > 0; }

bool Source::is_group(const std::string& member) const {
  if (!has(member)) return false;
  const hid_t id = H5Oopen(id_, member.c_str(), H5P_DEFAULT);
  const bool is_group = id >= 0 && H5Iget_type(id) == H5I_GROUP;
  if (id >= 0) H5Idec_ref(id);
  return is_group;
}

std::vector<std::string> Source::members() const {
  std::vector<std::string> names;
  if (H5Literate(id_, H5_INDEX_NAME, H5_ITER_INC, nullptr, add_name<H5L_info_t>, &names) < 0)
    fail(ErrorCode::io, "its members cannot be listed" + cause());
  return names;
}

Source Source::open(const std::string& member) const {
  const auto path = member_path(member);
  if (!has(member)) throw Error(ErrorCode::not_found, "there is no " + path + " in it", {.path = file_.string()});
  const hid_t id = H5Oopen(id_, member.c_str(), H5P_DEFAULT);
  if (id < 0) throw Error(ErrorCode::io, path + " cannot be opened" + cause(), {.path = file_.string()});
  return {file_, path, Id(id, path)};
}

const Dimensions& Source::shape() const {
  if (shape_) return *shape_;
  if (H5Iget_type(id_) != H5I_DATASET) fail(ErrorCode::wrong_type, "it is no dataset");
  const Id space(H5Dget_space(id_), "a space");
  const int rank = H5Sget_simple_extent_ndims(space);
  if (rank < 0 || H5Sget_simple_extent_type(space) == H5S_NULL) fail(ErrorCode::wrong_shape, "it has no values");
  shape_.emplace(static_cast<std::size_t>(rank));
  H5Sget_simple_extent_dims(space, shape_->data(), nullptr);
  return *shape_;
}

Shape Source::shape_of_row() const {
  const std::vector<std::uint64_t> lengths(shape().begin(), shape().end());
  return Shape(std::span(lengths).subspan(lengths.empty() ? 0 : 1));
}

void Source::expect_rank(std::size_t rank) const {
  const std::vector<std::uint64_t> lengths(shape().begin(), shape().end());
  if (shape().size() != rank)
    fail(ErrorCode::wrong_shape, fmt::format("expected {} dimension{}, got the shape {}", rank, rank == 1 ? "" : "s",
                                             Shape(std::span(lengths)).to_string()));
}

std::optional<Dtype> Source::dtype() const {
  shape();
  const Id type(H5Dget_type(id_), path_);
  return dtype_of_type(type);
}

Dtype Source::expect_numbers() const {
  const auto found = dtype();
  if (!found) fail(ErrorCode::wrong_type, "expected numbers or booleans, got values of another type");
  return *found;
}

void Source::read_rows(std::uint64_t first, std::uint64_t rows, hid_t type, void* to) const {
  expect_numbers();
  if (rows == 0) return;
  const Id space(H5Dget_space(id_), "a space");
  auto count = shape();
  Dimensions start(count.size());
  if (!count.empty()) {
    start[0] = first;
    count[0] = rows;
    if (std::find(count.begin(), count.end(), 0) != count.end()) return;
    check(H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr), "choosing rows");
  }
  const Id memory(
      count.empty() ? H5Screate(H5S_SCALAR) : H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr),
      "a space");
  if (H5Dread(id_, type, memory, space, H5P_DEFAULT, to) < 0)
    fail(ErrorCode::io, fmt::format("rows {} to {} cannot be read{}", first, first + rows, cause()));
}

nlohmann::json Source::attribute(const std::string& name) const {
  if (H5Aexists(id_, name.c_str()) <= 0) return {};
  const Id attribute(H5Aopen(id_, name.c_str(), H5P_DEFAULT), name), type(H5Aget_type(attribute), name);
  const Id space(H5Aget_space(attribute), name);
  if (H5Sget_simple_extent_npoints(space) != 1) return {};
  if (H5Tget_class(type) == H5T_STRING) return read_text(attribute, type);
  const auto found = dtype_of_type(type);
  if (!found) return {};
  return visit_dtype(*found, [&]<class T>(T value) -> nlohmann::json {
    return H5Aread(attribute, type_of(dtype_of<T>()), &value) < 0 ? nlohmann::json() : nlohmann::json(value);
  });
}

std::vector<std::string> Source::attributes() const {
  std::vector<std::string> names;
  if (H5Aiterate2(id_, H5_INDEX_NAME, H5_ITER_INC, nullptr, add_name<H5A_info_t>, &names) < 0)
    fail(ErrorCode::io, "its attributes cannot be listed" + cause());
  return names;
}

std::string Source::text(const std::string& name) const {
  const auto value = attribute(name);
  return value.is_string() ? value.get<std::string>() : "";
}

}  // namespace neurotape::exchange::h5
