# How every target of this project is compiled. Nothing here reaches a consumer of the library.
include(GNUInstallDirs)
set(CMAKE_CXX_EXTENSIONS OFF)

if(PROJECT_IS_TOP_LEVEL)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Kind of build" FORCE)
  endif()
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")

  if(NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    find_program(NEUROTAPE_CCACHE ccache)
    mark_as_advanced(NEUROTAPE_CCACHE)
    if(NEUROTAPE_CCACHE)
      # Precompiled headers are cached for those only who say that they know what that means, and by the bytes of the
      # headers (depend), not by what the preprocessor makes of them: after a change in a comment the old one would come
      # back, in which GCC does not find the header that says #pragma once.
      set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_DEPEND=1
                                      "${NEUROTAPE_CCACHE}")
    endif()
  endif()
endif()

# neurotape_precompile(<target> <first> <header>...): headers that nearly every source reads are read once, for all targets
# that share those of <first>. Sources include what they need all the same: clang-tidy and fuzzers read them without.
function(neurotape_precompile target first)
  if(target STREQUAL first)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  else()
    target_precompile_headers(${target} REUSE_FROM ${first})
  endif()
endfunction()
set(NEUROTAPE_PRECOMPILED
    <algorithm> <array> <atomic> <chrono> <cstdint> <filesystem> <functional> <map> <memory> <mutex> <optional> <span>
    <string> <thread> <utility> <vector>)

add_library(neurotape_warnings INTERFACE)
target_compile_options(neurotape_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(NEUROTAPE_WARNINGS_AS_ERRORS)
  target_compile_options(neurotape_warnings INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC bug 105651: g++ 12 sees overlapping copies in `std::string + "literal"`.
  target_compile_options(neurotape_warnings INTERFACE -Wno-restrict)
endif()

# Sources name headers from the root of the tree: "recorder/encoder.hpp".
add_library(neurotape_build INTERFACE)
target_compile_features(neurotape_build INTERFACE cxx_std_20)
target_include_directories(neurotape_build INTERFACE "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}")
target_compile_definitions(
  neurotape_build INTERFACE NEUROTAPE_VERSION="${PROJECT_VERSION}"
                            NEUROTAPE_WITH_HDF5=$<BOOL:${NEUROTAPE_HDF5}>)
target_link_libraries(neurotape_build INTERFACE neurotape_warnings)

if(NEUROTAPE_SANITIZE)
  add_compile_options(-fsanitize=${NEUROTAPE_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${NEUROTAPE_SANITIZE})
  if(NEUROTAPE_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Warns of each fence inside the queue of the recorder; cmake/tsan.supp has what follows from them.
    target_compile_options(neurotape_warnings INTERFACE -Wno-tsan)
  endif()
  if(NEUROTAPE_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()
if(NEUROTAPE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
