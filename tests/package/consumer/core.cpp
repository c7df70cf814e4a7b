// For a library without HDF5: uses a part of it that is compiled.
#include <cstdio>
#include <neurotape/codec.hpp>

int main() {
  const neurotape::Codec codec = neurotape::Codec::parse("gzip:4");
  std::printf("%s\n", codec.to_string().c_str());
  return codec.level() == 4 ? 0 : 1;
}
