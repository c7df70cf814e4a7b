# What the library itself needs. neurotape_find.cmake is installed too, so that a consumer of the
# static library finds the same things in the same way.
include("${PROJECT_SOURCE_DIR}/cmake/neurotape_find.cmake")
neurotape_find_dependencies(REQUIRED)

find_path(NEUROTAPE_CONCURRENTQUEUE_INCLUDE_DIR concurrentqueue/concurrentqueue.h REQUIRED)
mark_as_advanced(NEUROTAPE_CONCURRENTQUEUE_INCLUDE_DIR)
add_library(neurotape_concurrentqueue INTERFACE)
target_include_directories(neurotape_concurrentqueue SYSTEM
                           INTERFACE "${NEUROTAPE_CONCURRENTQUEUE_INCLUDE_DIR}")

# Headers are found by the consumer, who includes Eigen himself; needed here for tests and examples.
find_package(Eigen3 3.3 QUIET NO_MODULE)
