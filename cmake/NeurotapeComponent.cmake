# neurotape_component(<name> [library...]): all sources of the current folder as one part of the library.
# A part sees only the headers of the libraries that it names here.
function(neurotape_component name)
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  if(NOT sources)
    return()
  endif()
  add_library(neurotape_${name} OBJECT ${sources})
  set_target_properties(neurotape_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(neurotape_${name} PRIVATE neurotape_build nlohmann_json::nlohmann_json fmt::fmt ${ARGN})
  neurotape_precompile(neurotape_${name} neurotape_recorder <nlohmann/json.hpp> <fmt/format.h> ${NEUROTAPE_PRECOMPILED})
  set_property(GLOBAL APPEND PROPERTY NEUROTAPE_PARTS neurotape_${name})
endfunction()
