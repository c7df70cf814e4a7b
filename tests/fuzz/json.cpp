// JSON as an attribute or an event may have it.

#include "loader/attributes.hpp"
#include "loader/json_text.hpp"
#include "tests/fuzz/scratch_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto value = neurotape::loader::parse_json(text);
  if (!value.is_discarded()) {
    const auto copy = value;
    copy.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  nlohmann::json(neurotape::loader::valid_utf8(text)).dump();  // throws for what is not UTF-8
  return 0;
}
