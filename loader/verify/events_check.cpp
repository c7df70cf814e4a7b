#include <algorithm>
#include <fmt/format.h>

#include "loader/verify/stream_check.hpp"

namespace neurotape::loader {
namespace {

constexpr std::uint64_t kEventsAtOnce = 4096;

/// The events of a stream whose columns can be read, some at a time.
class EventsPass {
 public:
  EventsPass(const Dataset& ends, const Dataset& data, std::uint64_t data_rows)
      : ends_(ends), data_(data), data_rows_(data_rows) {}

  /// \returns what is wrong with the first of them that is wrong, and which it is
  std::optional<std::pair<std::uint64_t, std::string>> first_fault(std::uint64_t events) {
    for (std::uint64_t event = 0; event < events; event += end_.size()) {
      end_.resize(static_cast<std::size_t>(std::min(kEventsAtOnce, events - event)));
      ends_.read_unchecked({event, end_.size()}, {}, std::as_writable_bytes(std::span(end_)));
      for (std::size_t i = 0; i < end_.size(); ++i)
        if (auto wrong = fault_of(end_[i]); !wrong.empty()) return std::pair(event + i, std::move(wrong));
    }
    return std::nullopt;
  }
  std::uint64_t bytes_used() const { return begin_; }

 private:
  std::string fault_of(std::uint64_t end) {
    if (end < begin_ || end > data_rows_)
      return fmt::format("its JSON should be bytes {} to {} of {}", begin_, end, data_rows_);
    data_.check_claim(end - begin_);
    json_.resize(static_cast<std::size_t>(end - begin_));
    data_.read_unchecked({begin_, end - begin_}, {}, json_.bytes());
    begin_ = end;
    const auto* text = reinterpret_cast<const char*>(json_.data());
    return nlohmann::json::accept(text, text + json_.size()) ? std::string() : "its data are not JSON";
  }

  const Dataset& ends_;
  const Dataset& data_;
  std::uint64_t data_rows_;
  std::uint64_t begin_ = 0;
  std::vector<std::uint64_t> end_;
  detail::Storage json_;
};

}  // namespace

void StreamCheck::check_events() try {
  const auto column = [&](std::string_view name) {
    return *std::find_if(columns_.begin(), columns_.end(), [&](const auto& c) { return name == c.rule.name; });
  };
  const auto ends = column("data_end"), data = column("data");
  if (!ends.dataset || !data.dataset || !facts_.known) return;
  EventsPass pass(*ends.dataset, *data.dataset, data.rows);
  const auto events = std::min(facts_.rows, ends.rows);
  if (auto found = pass.first_fault(events))
    return fault("data_end", fmt::format("event {}: {}", found->first, found->second), {}, RowRange{found->first, 1});
  if (!checks_.episode.is_cut_off() && pass.bytes_used() != data.rows)
    fault("data", fmt::format("it has {} bytes, but the events end with byte {}", data.rows, pass.bytes_used()));
} catch (const Error&) {
  // Told of the chunk that cannot be read.
}

}  // namespace neurotape::loader
