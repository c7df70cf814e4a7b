// A profile: the spans that there were, and no more than fit.

#include "recorder/profile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <thread>

namespace neurotape {
namespace {

using nlohmann::json;

json spans_of(const json& trace) {
  auto spans = json::array();
  for (const auto& event : trace.at("traceEvents"))
    if (event.at("ph") == "X") spans.push_back(event);
  return spans;
}

TEST(ProfileTest, HasEachSpanWithItsThreadAndStream) {
  Profile profile;
  {
    const ProfiledScope outer(&profile, "commit");
    const ProfiledScope inner(&profile, "write", "spikes/all", 4096);
  }
  std::thread([&] { const ProfiledScope scope(&profile, "encode", "spikes/all", 77); }).join();
  const json trace = json::parse(profile.to_json());
  const json spans = spans_of(trace);
  ASSERT_EQ(spans.size(), 3U);
  EXPECT_EQ(spans[0].at("name"), "write");
  EXPECT_EQ(spans[0].at("args"), json({{"stream", "spikes/all"}, {"bytes", 4096}}));
  EXPECT_EQ(spans[1].at("name"), "commit");
  EXPECT_EQ(spans[1].at("args"), json::object());
  EXPECT_LE(spans[1].at("ts"), spans[0].at("ts")) << "the outer one began first";
  EXPECT_GE(spans[1].at("dur"), spans[0].at("dur"));
  EXPECT_EQ(spans[0].at("tid"), spans[1].at("tid"));
  EXPECT_NE(spans[0].at("tid"), spans[2].at("tid"));
  EXPECT_EQ(trace.at("otherData").at("earlier_spans_left_out"), 0);
}

TEST(ProfileTest, KeepsTheLatest) {
  Profile profile(3);
  for (const char* what : {"a", "b", "c", "d"}) profile.add(what, "", sync::Clock::now(), 0);
  const json trace = json::parse(profile.to_json());
  std::string names;
  for (const auto& span : spans_of(trace)) names += span.at("name").get<std::string>();
  EXPECT_THAT(names, testing::UnorderedElementsAre('b', 'c', 'd'));
  EXPECT_EQ(trace.at("otherData").at("earlier_spans_left_out"), 1);
}

TEST(ProfileTest, NoneIsMadeWithoutOne) { const ProfiledScope scope(nullptr, "encode"); }

}  // namespace
}  // namespace neurotape
