#include "tests/life/system_calls.hpp"

#include <csignal>
#include <cstring>
#include <sys/prctl.h>
#include <ucontext.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_OFF 0
#define PR_SYS_DISPATCH_ON 1
#endif

namespace neurotape::life {
namespace {

constexpr char kAllow = 0;
constexpr char kReport = 1;
// The kernel looks here at each system call of the thread.
thread_local volatile char selector = kAllow;
thread_local volatile long first_call = -1;

// ThreadSanitizer calls handlers of signals in its own time.
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define NEUROTAPE_SEES_SYSTEM_CALLS 1
#endif

#ifdef NEUROTAPE_SEES_SYSTEM_CALLS
// Notes the call, and makes it: the section is over, since returning from here is a system call, too.
void note(int, siginfo_t* info, void* context) {
  selector = kAllow;
  if (first_call < 0) first_call = info->si_syscall;
  auto* const registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  register long r10 asm("r10") = registers[REG_R10];
  register long r8 asm("r8") = registers[REG_R8];
  register long r9 asm("r9") = registers[REG_R9];
  long result = info->si_syscall;
  asm volatile("syscall"
               : "+a"(result)
               : "D"(registers[REG_RDI]), "S"(registers[REG_RSI]), "d"(registers[REG_RDX]), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  registers[REG_RAX] = result;
}
#endif

}  // namespace

SystemCalls::SystemCalls() {
#ifdef NEUROTAPE_SEES_SYSTEM_CALLS
  struct sigaction action {};
  action.sa_sigaction = note;
  action.sa_flags = SA_SIGINFO;
  available_ = ::sigaction(SIGSYS, &action, nullptr) == 0 &&
               ::prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, &selector) == 0;
#endif
}

SystemCalls::~SystemCalls() {
  if (available_) ::prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0);
}

void SystemCalls::start() noexcept {
  first_call = -1;
  selector = kReport;
}

long SystemCalls::stop() noexcept {
  selector = kAllow;
  return first_call;
}

}  // namespace neurotape::life
