# What the library itself needs. neurotape_find.cmake is installed too: it finds the same for consumers.
include("${PROJECT_SOURCE_DIR}/cmake/neurotape_find.cmake")
neurotape_find_dependencies("${NEUROTAPE_HDF5}")
if(neurotape_missing)
  list(JOIN neurotape_missing ", " missing)
  message(FATAL_ERROR "neurotape needs ${missing}. On Debian: scripts/install_dependencies.sh")
endif()

# Included by sources only, so consumers never need it.
find_path(NEUROTAPE_CONCURRENTQUEUE_INCLUDE_DIR concurrentqueue/concurrentqueue.h REQUIRED)
mark_as_advanced(NEUROTAPE_CONCURRENTQUEUE_INCLUDE_DIR)
add_library(neurotape_concurrentqueue INTERFACE)
target_include_directories(neurotape_concurrentqueue SYSTEM
                           INTERFACE "${NEUROTAPE_CONCURRENTQUEUE_INCLUDE_DIR}")

# For tests and examples of eigen.hpp, which is opt-in.
find_package(Eigen3 3.3 QUIET NO_MODULE)
