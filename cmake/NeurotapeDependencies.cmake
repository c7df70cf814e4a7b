# What the library itself needs. neurotape_find.cmake is installed too: it finds the same for consumers.
include("${PROJECT_SOURCE_DIR}/cmake/neurotape_find.cmake")
neurotape_find_dependencies("${NEUROTAPE_HDF5}")
if(neurotape_missing)
  list(JOIN neurotape_missing ", " missing)
  message(FATAL_ERROR "neurotape needs ${missing}. On Debian: scripts/install_dependencies.sh")
endif()

# Headers that only sources include, so consumers never need them.
find_path(NEUROTAPE_CONCURRENTQUEUE_INCLUDE_DIR concurrentqueue/concurrentqueue.h REQUIRED)
mark_as_advanced(NEUROTAPE_CONCURRENTQUEUE_INCLUDE_DIR)
add_library(neurotape_concurrentqueue INTERFACE)
target_include_directories(neurotape_concurrentqueue SYSTEM
                           INTERFACE "${NEUROTAPE_CONCURRENTQUEUE_INCLUDE_DIR}")
find_path(NEUROTAPE_XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
mark_as_advanced(NEUROTAPE_XXHASH_INCLUDE_DIR)
add_library(neurotape_xxhash INTERFACE)  # for XXH_INLINE_ALL: nothing to link
target_include_directories(neurotape_xxhash SYSTEM INTERFACE "${NEUROTAPE_XXHASH_INCLUDE_DIR}")

# For tests and examples of eigen.hpp, which is opt-in.
find_package(Eigen3 3.3 QUIET NO_MODULE)
