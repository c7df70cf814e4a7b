#pragma once
/// \file
/// What a forked child does with what it has inherited.

#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace neurotape::detail {

/// Keeps the object for the rest of the process.
template <class T>
void leak(std::shared_ptr<T> object) noexcept {
  alignas(std::shared_ptr<T>) static thread_local std::byte unused[sizeof(std::shared_ptr<T>)];
  new (unused) std::shared_ptr<T>(std::move(object));
}

}  // namespace neurotape::detail
