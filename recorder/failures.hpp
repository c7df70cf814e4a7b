#pragma once
/// \file
/// What threads that nobody can throw at make of an exception.

#include <exception>
#include <string_view>

#include "neurotape/error.hpp"

namespace neurotape {

/// Made by the first call, which may throw, so that it is there when there is no memory: every recorder makes it.
const Error& out_of_memory();

/// The exception as an Error that says who failed. Without the memory for that it is `out_of_memory`.
Error as_error(std::string_view who, const std::exception& error) noexcept;

}  // namespace neurotape
