#include "exchange/hdf5_out.hpp"

#include <fmt/format.h>
#include <neurotape/error.hpp>
#include <system_error>

#include "backends/driver/driver.hpp"

namespace neurotape::exchange::h5 {
namespace {

[[noreturn]] void fail(std::string_view what) {
  throw Error(ErrorCode::io, "cannot write: HDF5 failed at " + std::string(what));
}

Id text_type() {
  Id type(H5Tcopy(H5T_C_S1), "a type of text");
  check(H5Tset_size(type, H5T_VARIABLE), "a type of text");
  check(H5Tset_cset(type, H5T_CSET_UTF8), "a type of text");
  return type;
}

Id space_of(const Dimensions& shape) {
  if (shape.empty()) return {H5Screate(H5S_SCALAR), "a space"};
  return {H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), "a space"};
}

std::vector<const char*> pointers_to(const std::vector<std::string>& values) {
  std::vector<const char*> pointers;
  pointers.reserve(values.size());
  for (const auto& value : values) pointers.push_back(value.c_str());
  return pointers;
}

void check_driver(const driver::DriverFile& file) {
  if (const auto& failure = file.failure())
    throw Error(ErrorCode::io,
                fmt::format("{}: {}", failure->tried, std::generic_category().message(failure->error_number)),
                {.path = file.path().string()});
}

}  // namespace

Id::Id(hid_t id, std::string_view what) : id_(id) {
  if (id < 0) fail(what);
}

void check(herr_t status, std::string_view what) {
  if (status < 0) fail(what);
}

hid_t type_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::i8:
      return H5T_STD_I8LE;
    case Dtype::i16:
      return H5T_STD_I16LE;
    case Dtype::i32:
      return H5T_STD_I32LE;
    case Dtype::i64:
      return H5T_STD_I64LE;
    case Dtype::u8:
      return H5T_STD_U8LE;
    case Dtype::u16:
      return H5T_STD_U16LE;
    case Dtype::u32:
      return H5T_STD_U32LE;
    case Dtype::u64:
      return H5T_STD_U64LE;
    case Dtype::f32:
      return H5T_IEEE_F32LE;
    case Dtype::f64:
      return H5T_IEEE_F64LE;
    case Dtype::boolean:
      break;
  }
  static const Id boolean = enum_type(H5T_STD_I8LE, std::array{"FALSE", "TRUE"});
  return boolean;
}

NewFile::NewFile(const std::filesystem::path& path)
    : file_(std::make_unique<driver::DriverFile>(path, driver::Opening::create, driver::Mode::direct,
                                                 driver::Company{})) {
  check();
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const Id creation(H5Pcreate(H5P_FILE_CREATE), "a file");
  h5::check(H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED), "a file");
  const Id access(H5Pcreate(H5P_FILE_ACCESS), "a file");
  h5::check(H5Pset_fclose_degree(access, H5F_CLOSE_SEMI), "a file");
  h5::check(driver::use(access, *file_), "a file");
  id_ = H5Fcreate(path.c_str(), H5F_ACC_EXCL, creation, access);
  if (id_ < 0) fail(path.string());
}

void NewFile::close() {
  const driver::DriverFile& file = *file_;
  if (release()) file_->finish();
  check_driver(file);
}

bool NewFile::release() noexcept {
  if (id_ < 0) return true;
  if (H5Fclose(std::exchange(id_, -1)) >= 0) return true;
  file_->part_from_company();
  static_cast<void>(file_.release());
  return false;
}

void NewFile::check() const { check_driver(*file_); }

Id create_group(hid_t parent, const std::string& name) {
  const Id creation(H5Pcreate(H5P_GROUP_CREATE), name);
  check(H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED), name);
  return {H5Gcreate2(parent, name.c_str(), H5P_DEFAULT, creation, H5P_DEFAULT), name};
}

Id create_dataset(hid_t parent, const std::string& name, hid_t type, const Dimensions& shape) {
  const Id space = space_of(shape);
  return {H5Dcreate2(parent, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), name};
}

void write_rows(hid_t dataset, hid_t type, std::uint64_t first, std::uint64_t rows, const void* values) {
  if (rows == 0) return;
  const Id space(H5Dget_space(dataset), "a space");
  Dimensions count(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space)));
  H5Sget_simple_extent_dims(space, count.data(), nullptr);
  Dimensions start(count.size());
  start[0] = first;
  count[0] = rows;
  for (const auto n : count)
    if (n == 0) return;
  check(H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr), "choosing rows");
  const Id memory = space_of(count);
  check(H5Dwrite(dataset, type, memory, space, H5P_DEFAULT, values), "writing rows");
}

Id write_text(hid_t parent, const std::string& name, const std::string& value) {
  const Id type = text_type();
  Id dataset = create_dataset(parent, name, type, {});
  const char* characters = value.c_str();
  check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, static_cast<const void*>(&characters)), name);
  return dataset;
}

Id write_texts(hid_t parent, const std::string& name, const std::vector<std::string>& values) {
  const Id type = text_type();
  Id dataset = create_dataset(parent, name, type, {values.size()});
  write_rows(dataset, type, 0, values.size(), static_cast<const void*>(pointers_to(values).data()));
  return dataset;
}

void set_raw(hid_t object, const std::string& name, hid_t type, const Dimensions& shape, const void* value) {
  const Id space = space_of(shape);
  const Id attribute(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), name);
  check(H5Awrite(attribute, type, value), name);
}

void set_text(hid_t object, const std::string& name, const std::string& value) {
  const char* characters = value.c_str();
  set_raw(object, name, text_type(), {}, static_cast<const void*>(&characters));
}

void set_texts(hid_t object, const std::string& name, const std::vector<std::string>& values) {
  set_raw(object, name, text_type(), {values.size()}, static_cast<const void*>(pointers_to(values).data()));
}

void set_reference(hid_t object, const std::string& name, hid_t file, const std::string& path) {
  hobj_ref_t reference = 0;
  check(H5Rcreate(&reference, file, path.c_str(), H5R_OBJECT, -1), path);
  set_raw(object, name, H5T_STD_REF_OBJ, {}, &reference);
}

Id enum_type(hid_t base, std::span<const char* const> names) {
  Id type(H5Tenum_create(base), "an enum");
  for (std::int8_t value = 0; const char* name : names) {
    check(H5Tenum_insert(type, name, &value), name);
    ++value;
  }
  return type;
}

}  // namespace neurotape::exchange::h5
