#include "tests/life/memory.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <execinfo.h>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define NEUROTAPE_OWN_MALLOC 0
#else
#define NEUROTAPE_OWN_MALLOC 1
#endif

// NOLINTBEGIN(cppcoreguidelines-no-malloc): this is what others need not do
namespace neurotape::life {
namespace {

thread_local std::uint64_t allocations = 0;

std::atomic<bool> refusing{false};
std::atomic<std::uint64_t> requests{0};
std::uint64_t first_refused = 0;
std::uint64_t refused_calls = 0;

/// The destructor of nlohmann::json asks for memory, and ends the program when there is none.
bool is_destroying_json() noexcept {
  std::array<void*, 8> callers{};
  const int count = ::backtrace(callers.data(), static_cast<int>(callers.size()));
  for (int i = 0; i < count; ++i) {
    Dl_info function{};
    if (::dladdr(callers[static_cast<std::size_t>(i)], &function) != 0 && function.dli_sname != nullptr &&
        std::strstr(function.dli_sname, "json_value7destroy") != nullptr)
      return true;
  }
  return false;
}

bool refuse() noexcept {
  if (!refusing.load(std::memory_order_acquire)) return false;
  const auto number = requests.fetch_add(1, std::memory_order_relaxed) + 1;
  return number - first_refused < refused_calls && !is_destroying_json();
}

void* from_system(std::size_t bytes, std::size_t alignment) {
  if (refuse()) throw std::bad_alloc();
  void* const memory = alignment <= alignof(std::max_align_t)
                           ? std::malloc(bytes)
                           : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void* from_system_or_null(std::size_t bytes) noexcept try {
  return from_system(bytes, 1);
} catch (const std::bad_alloc&) {
  return nullptr;
}

}  // namespace

std::uint64_t allocations_of_this_thread() noexcept { return allocations; }
bool counts_allocations() noexcept { return NEUROTAPE_OWN_MALLOC != 0; }

void refuse_memory(std::uint64_t first, std::uint64_t times) noexcept {
  first_refused = first;
  refused_calls = times;
  requests = 0;
  refusing.store(true, std::memory_order_release);
}
void give_memory_again() noexcept { refusing = false; }
std::uint64_t memory_requests() noexcept { return requests; }

}  // namespace neurotape::life

using neurotape::life::from_system;
using neurotape::life::from_system_or_null;

void* operator new(std::size_t bytes) { return from_system(bytes, 1); }
void* operator new[](std::size_t bytes) { return from_system(bytes, 1); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return from_system(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return from_system(bytes, static_cast<std::size_t>(alignment));
}
// A sanitizer would answer these by itself.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return from_system_or_null(bytes); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return from_system_or_null(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

#if NEUROTAPE_OWN_MALLOC
// glibc lets a program bring its own, and offers what these stand in for.
extern "C" {
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* memory, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);

void* malloc(std::size_t bytes) {
  ++neurotape::life::allocations;
  return __libc_malloc(bytes);
}
void* calloc(std::size_t count, std::size_t bytes) {
  ++neurotape::life::allocations;
  return __libc_calloc(count, bytes);
}
void* realloc(void* memory, std::size_t bytes) {
  ++neurotape::life::allocations;
  return __libc_realloc(memory, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  ++neurotape::life::allocations;
  return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t bytes) {
  ++neurotape::life::allocations;
  *memory = __libc_memalign(alignment, bytes);
  return *memory == nullptr ? ENOMEM : 0;
}
}
#endif
// NOLINTEND(cppcoreguidelines-no-malloc)
