#include "tests/interleavings/schedule.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <ucontext.h>

namespace neurotape::schedule {

/// A thread of the test has a stack of its own; all take turns in the one thread that the system knows.
class Schedule::Member {
 public:
  enum class State { ready, waiting, ended };

  Schedule* schedule = nullptr;
  std::function<void()> body;
  State state = State::ready;
  const void* channel = nullptr;
  Time deadline = kNever;
  bool woken = false;

  static void begin();
  void make_stack() {
    stack_.resize(kStackBytes);
    getcontext(&context_);
    context_.uc_stack.ss_sp = stack_.data();
    context_.uc_stack.ss_size = stack_.size();
    makecontext(&context_, &Member::begin, 0);
  }
  static void turn_to(Member& next);

 private:
  static constexpr std::size_t kStackBytes = 256U << 10;

  ucontext_t context_{};
  std::vector<std::byte> stack_;
  std::array<std::byte, 2 * sizeof(void*)> exceptions_{};  // those that are being handled
};

namespace {

Schedule::Member* self = nullptr;

constexpr std::array<std::uint64_t, 4> kSwitchEvery{1, 4, 16, 64};
constexpr std::uint64_t kMostNanoseconds = 2000;  // that a step takes

}  // namespace

void Schedule::Member::turn_to(Member& next) {
  Member& here = *self;
  if (&next == &here) return;
  std::memcpy(here.exceptions_.data(), abi::__cxa_get_globals(), here.exceptions_.size());
  std::memcpy(static_cast<void*>(abi::__cxa_get_globals()), next.exceptions_.data(), next.exceptions_.size());
  self = &next;
  swapcontext(&here.context_, &next.context_);
}

void Schedule::Member::begin() {
  Member& here = *self;
  here.body();
  here.body = nullptr;
  here.schedule->end(here);
}

Schedule* Schedule::current() noexcept { return self == nullptr ? nullptr : self->schedule; }

Schedule::Schedule(std::uint64_t seed)
    : seed_(seed), random_(seed), switch_every_(kSwitchEvery[random_() % kSwitchEvery.size()]) {}

std::uint64_t Schedule::run(std::uint64_t seed, const std::function<void()>& body) {
  Schedule schedule(seed);
  const auto first = std::make_shared<Member>();
  first->schedule = &schedule;
  schedule.members_.push_back(first);
  self = first.get();
  body();
  self = nullptr;
  for (const auto& member : schedule.members_) {
    if (member == first || member->state == Member::State::ended) continue;
    std::fprintf(stderr, "seed %llu: a thread outlives the test\n", static_cast<unsigned long long>(seed));
    std::abort();
  }
  return schedule.choices_ ^ static_cast<std::uint64_t>(schedule.now_.count());
}

std::shared_ptr<Schedule::Member> Schedule::add(std::function<void()> body) {
  auto member = std::make_shared<Member>();
  member->schedule = this;
  member->body = std::move(body);
  member->make_stack();
  members_.push_back(member);
  step();
  return member;
}

void Schedule::end(Member& member) noexcept {
  member.state = Member::State::ended;
  wake(&member, true);
  Member::turn_to(choose());
}

void Schedule::wait_for_end(Member& member) noexcept {
  while (member.state != Member::State::ended) wait(&member);
}

void Schedule::step() noexcept {
  now_ += Time(random_() % kMostNanoseconds);
  if (random_() % switch_every_ == 0) Member::turn_to(choose());
}

bool Schedule::wait(const void* channel, Time deadline) noexcept {
  self->state = Member::State::waiting;
  self->channel = channel;
  self->deadline = deadline;
  self->woken = false;
  Member::turn_to(choose());
  return self->woken;
}

void Schedule::wake(const void* channel, bool all) noexcept {
  std::vector<Member*> waiting;
  for (const auto& member : members_)
    if (member->state == Member::State::waiting && member->channel == channel) waiting.push_back(member.get());
  if (!all && waiting.size() > 1) waiting = {waiting[random_() % waiting.size()]};
  for (auto* const member : waiting) {
    member->state = Member::State::ready;
    member->woken = true;
  }
}

std::vector<Schedule::Member*> Schedule::ready() noexcept {
  std::vector<Member*> found;
  for (const auto& member : members_) {
    if (member->state == Member::State::waiting && member->deadline <= now_) member->state = Member::State::ready;
    if (member->state == Member::State::ready) found.push_back(member.get());
  }
  return found;
}

Schedule::Member& Schedule::choose() noexcept {
  auto able = ready();
  if (able.empty()) {
    Time next = kNever;
    for (const auto& member : members_)
      if (member->state == Member::State::waiting) next = std::min(next, member->deadline);
    if (next == kNever) {
      std::fprintf(stderr, "seed %llu: all threads wait for each other\n", static_cast<unsigned long long>(seed_));
      std::abort();
    }
    now_ = std::max(now_, next);
    able = ready();
  }
  const auto choice = random_() % able.size();
  choices_ = (choices_ ^ choice ^ static_cast<std::uint64_t>(now_.count())) * 0x100000001B3;
  return *able[choice];
}

}  // namespace neurotape::schedule
