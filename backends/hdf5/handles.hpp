#pragma once
/// \file
/// Owners of HDF5 ids.

#include <hdf5.h>
#include <utility>

namespace neurotape::hdf5 {

/// Keeps HDF5 from printing its error stack, on this thread and as long as it lives. Scopes may nest: an
/// outer one spares the inner ones their work.
class QuietErrors {
 public:
  QuietErrors() noexcept {
    if (depth_++ != 0) return;
    H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~QuietErrors() {
    if (--depth_ == 0) H5Eset_auto2(H5E_DEFAULT, function_, data_);
  }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;

 private:
  static inline thread_local int depth_ = 0;
  H5E_auto2_t function_ = nullptr;
  void* data_ = nullptr;
};

/// Owns one HDF5 id of any kind. Closing reports nothing: what can fail on closing a file is in `File`.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);

  Handle() noexcept = default;
  Handle(hid_t id, Close close) noexcept : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) {
      reset();
      id_ = std::exchange(other.id_, H5I_INVALID_HID);
      close_ = other.close_;
    }
    return *this;
  }
  ~Handle() { reset(); }

  hid_t get() const noexcept { return id_; }
  explicit operator bool() const noexcept { return id_ >= 0; }
  hid_t release() noexcept { return std::exchange(id_, H5I_INVALID_HID); }
  void reset() noexcept {
    if (id_ < 0) return;
    QuietErrors quiet;
    close_(release());
  }

 private:
  hid_t id_ = H5I_INVALID_HID;
  Close close_ = nullptr;
};

}  // namespace neurotape::hdf5
