// Uses a part of the library that is compiled, so that a library left out of the link is noticed.
#include <cstdio>
#include <neurotape/codec.hpp>

int main() {
  const neurotape::Codec codec = neurotape::Codec::parse("gzip:4");
  std::printf("%s\n", codec.to_string().c_str());
  return codec.level() == 4 ? 0 : 1;
}
