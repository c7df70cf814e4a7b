#pragma once
/// \file
/// Arrays of the caller, checked and copied into a block.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "neurotape/error.hpp"
#include "neurotape/streams.hpp"
#include "recorder/block.hpp"
#include "recorder/stream_spec.hpp"
#include "recorder/stream_state.hpp"

namespace neurotape::detail {

/// Rows in these arrays, by the first one.
std::uint64_t rows_handed_over(const StreamSpec& spec, std::span<const ColumnInput> columns) noexcept;

/// What is wrong with them; empty: nothing. Never wrong: lengths, types. With `validate`: ids out of range too.
std::string fault_of_columns(const StreamSpec& spec, const StreamRules& rules, std::span<const ColumnInput> columns,
                             ErrorCode& code) noexcept;

/// Copies `rows` rows, from number `from` of the arrays to number `row` of the block, converting integers where the
/// stream stores another width; and their timesteps, where the stream has them.
void copy_columns(Block& block, std::uint32_t row, const StreamSpec& spec, std::span<const ColumnInput> columns,
                  std::int64_t timestep, std::uint64_t from, std::uint32_t rows) noexcept;

/// Picks values of a row by number.
void gather_values(std::byte* to, const std::byte* row, std::span<const std::uint64_t> which,
                   std::size_t element_bytes) noexcept;

}  // namespace neurotape::detail
