#pragma once
/// \file
/// What a fuzzer calls may refuse its input, and do nothing else.

#include "neurotape/error.hpp"

namespace neurotape::fuzz {

template <class Call>
void attempt(Call call) {
  try {
    call();
  } catch (const Error&) {
  }
}

}  // namespace neurotape::fuzz
