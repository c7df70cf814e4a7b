#include <algorithm>
#include <climits>
#include <new>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "loader/probe_protocol.hpp"
#include "loader/probe_walk.hpp"
#include "neurotape/run.hpp"

namespace neurotape::loader {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kLimitsMemory = false;  // sanitizers reserve all that there is
#else
constexpr bool kLimitsMemory = true;
#endif

constexpr rlim_t kMostMemoryBytes = rlim_t{1} << 30;
constexpr rlim_t kMostStackBytes = 4 << 20;  // half of what a thread of the loader has
constexpr rlim_t kMostDescriptors = 64;
constexpr rlim_t kMostProcessorSeconds = 5;

/// Never raises a limit.
template <class Resource>
void limit(Resource resource, rlim_t most) {
  rlimit limits = {};
  if (getrlimit(resource, &limits) != 0) return;
  limits.rlim_cur = std::min(limits.rlim_cur, most);
  setrlimit(resource, &limits);
}

void limit_process() {
  syscall(SYS_close_range, kProbeSocket + 3U, UINT_MAX, 0U);  // what the program has not kept from its children
  prctl(PR_SET_DUMPABLE, 0);                                  // a core dump through a pipe heeds no limit
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_NOFILE, kMostDescriptors);
  limit(RLIMIT_STACK, kMostStackBytes);
  if (kLimitsMemory) limit(RLIMIT_AS, kMostMemoryBytes);
}

/// For one more question, in case nobody is left to end this process.
void allow_processor_time() {
  rusage used = {};
  getrusage(RUSAGE_SELF, &used);
  rlimit limits = {};
  if (getrlimit(RLIMIT_CPU, &limits) != 0) return;
  const auto until = static_cast<rlim_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + 1 + kMostProcessorSeconds;
  limits.rlim_cur = std::min(limits.rlim_max, until);
  setrlimit(RLIMIT_CPU, &limits);
}

bool has_cache_image(const File& file) {
  const Hdf5Lock lock;
  haddr_t address = HADDR_UNDEF;
  hsize_t bytes = 0;
  return H5Fget_mdc_image_info(file.id(), &address, &bytes) < 0 || bytes != 0;
}

const char* answer(const Question& question) try {
  const auto file = File::open(question.descriptor, question.path, nullptr, {});
  if (has_cache_image(*file)) return kHasCacheImage;
  walk(file, question.object);
  return kSurvived;
} catch (const Error&) {
  return kSurvived;
} catch (const std::bad_alloc&) {
  return kExhausted;
}

}  // namespace
}  // namespace neurotape::loader

int neurotape::detail::serve_probes() {
  namespace probe = neurotape::loader;
  probe::limit_process();
  probe::send_text(probe::kProbeSocket, probe::kProbeGreeting);
  while (const auto question = probe::receive_question(probe::kProbeSocket)) {
    probe::allow_processor_time();
    if (!probe::send_text(probe::kProbeSocket, probe::answer(*question))) break;
  }
  _exit(0);  // what the files have left behind is nobody's concern
}
