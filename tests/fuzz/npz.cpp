// NPY and NPZ files and checkpoints that come from anywhere.

#include "neurotape/npz.hpp"

#include "neurotape/checkpoint.hpp"
#include "tests/fuzz/attempt.hpp"
#include "tests/fuzz/scratch_file.hpp"

using neurotape::fuzz::attempt;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const neurotape::fuzz::ScratchFile file("a.npz");
  file.write({data, size});
  attempt([] { neurotape::read_npy(file.path()); });
  attempt([] { neurotape::load_checkpoint(file.path()); });
  attempt([] {
    const neurotape::NpzFile arrays(file.path());
    for (const auto& name : arrays.names()) attempt([&] { arrays.read(name); });
  });
  return 0;
}
