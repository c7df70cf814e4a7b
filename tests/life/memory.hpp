#pragma once
/// \file
/// The memory of this program, watched: how often a thread asks for some, and what happens when there is none.

#include <cstdint>

namespace neurotape::life {

/// Calls of malloc and its relatives by this thread so far, `operator new` included. Nothing under a sanitizer, whose
/// allocator cannot be replaced: see `counts_allocations`.
std::uint64_t allocations_of_this_thread() noexcept;
bool counts_allocations() noexcept;

/// From now on `operator new` of any thread throws at the calls `first` to `first + times - 1`, counted from 1.
void refuse_memory(std::uint64_t first, std::uint64_t times) noexcept;
void give_memory_again() noexcept;
/// Calls of `operator new` by any thread since `refuse_memory`.
std::uint64_t memory_requests() noexcept;

}  // namespace neurotape::life
