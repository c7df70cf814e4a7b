#pragma once
/// \file
/// What a call that has to fail says.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <initializer_list>
#include <neurotape/error.hpp>
#include <string>

namespace neurotape::support {

/// The error that a call throws; fails where it throws none.
template <class Call>
Error error_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(ErrorCode::closed, "nothing was thrown");
}

/// A call throws an error of this kind, whose message has all of these words.
template <class Call>
void expect_error(ErrorCode code, std::initializer_list<std::string> words, Call&& call) {
  const Error error = error_of(call);
  EXPECT_EQ(static_cast<int>(error.code()), static_cast<int>(code)) << error.what();
  for (const auto& word : words) EXPECT_THAT(error.what(), ::testing::HasSubstr(word));
}
template <class Call>
void expect_error(ErrorCode code, const std::string& words, Call&& call) {
  expect_error(code, {words}, call);
}

}  // namespace neurotape::support
