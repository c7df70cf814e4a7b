#include "recorder/profile.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <pthread.h>
#include <unistd.h>

namespace neurotape {
namespace {

std::string name_of_this_thread() {
  std::array<char, 16> name{};
  pthread_getname_np(pthread_self(), name.data(), name.size());
  return name.data();
}

double microseconds(std::chrono::nanoseconds time) { return std::chrono::duration<double, std::micro>(time).count(); }

}  // namespace

void Profile::add(const char* what, std::string_view stream, sync::Clock::time_point start, std::uint64_t bytes) {
  const auto end = sync::Clock::now();
  const int thread = ::gettid();
  const std::lock_guard lock(mutex_);
  if (!threads_.contains(thread)) threads_.emplace(thread, name_of_this_thread());
  auto known = streams_.find(stream);
  if (known == streams_.end()) known = streams_.emplace(stream, static_cast<std::uint32_t>(streams_.size())).first;
  const Span span{what, known->second, thread, start - began_, end - start, bytes};
  if (spans_.size() < most_spans_)
    spans_.push_back(span);
  else
    spans_[added_ % most_spans_] = span;
  ++added_;
}

std::string Profile::to_json() const {
  const std::lock_guard lock(mutex_);
  std::vector<const std::string*> names(streams_.size());
  for (const auto& [name, number] : streams_) names[number] = &name;
  auto events = nlohmann::json::array();
  const auto process = ::getpid();
  for (const auto& [thread, name] : threads_)
    events.push_back(
        {{"name", "thread_name"}, {"ph", "M"}, {"pid", process}, {"tid", thread}, {"args", {{"name", name}}}});
  for (const Span& span : spans_) {
    auto arguments = nlohmann::json::object();
    if (!names[span.stream]->empty()) arguments["stream"] = *names[span.stream];
    if (span.bytes != 0) arguments["bytes"] = span.bytes;
    events.push_back({{"name", span.what},
                      {"cat", "neurotape"},
                      {"ph", "X"},
                      {"pid", process},
                      {"tid", span.thread},
                      {"ts", microseconds(span.start)},
                      {"dur", microseconds(span.length)},
                      {"args", std::move(arguments)}});
  }
  const nlohmann::json all = {{"traceEvents", std::move(events)},
                              {"displayTimeUnit", "ms"},
                              {"otherData", {{"earlier_spans_left_out", added_ - spans_.size()}}}};
  return all.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

ProfiledScope::~ProfiledScope() {
  if (profile_ == nullptr) return;
  try {
    profile_->add(what_, stream_, start_, bytes_);
  } catch (...) {  // no memory: a span less
  }
}

}  // namespace neurotape
