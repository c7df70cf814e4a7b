#include "tests/fault/served.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <iostream>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace neurotape::fault {
namespace {

struct Pipe {
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
  }
  void close(int end) { ::close(ends.at(static_cast<std::size_t>(end))); }
  std::array<int, 2> ends{};  // to read from, to write to
};

[[noreturn]] void be(int (*program)(int, char**), std::vector<std::string> arguments, const Pipe& out,
                     const Pipe& errors) {
  ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
  ::dup2(out.ends[1], STDOUT_FILENO);
  ::dup2(errors.ends[1], STDERR_FILENO);
  std::vector<char*> pointers;
  for (auto& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  std::exit(program(static_cast<int>(arguments.size()), pointers.data()));
}

/// Of both, until nobody can write any more.
std::array<std::string, 2> read_all(const Pipe& out, const Pipe& errors) {
  std::array<std::string, 2> texts;
  std::array<pollfd, 2> open{{{out.ends[0], POLLIN, 0}, {errors.ends[0], POLLIN, 0}}};
  while (open[0].fd >= 0 || open[1].fd >= 0) {
    ::poll(open.data(), open.size(), -1);
    for (std::size_t i = 0; i < open.size(); ++i) {
      if (open.at(i).revents == 0) continue;
      std::array<char, 65536> part{};
      const auto got = ::read(open.at(i).fd, part.data(), part.size());
      if (got > 0) texts.at(i).append(part.data(), static_cast<std::size_t>(got));
      if (got == 0) open.at(i).fd = -1;
    }
  }
  return texts;
}

int serve(int (*program)(int, char**)) {
  for (std::string line; std::getline(std::cin, line);) {
    auto arguments = nlohmann::json::parse(line).get<std::vector<std::string>>();
    Pipe out, errors;
    const pid_t child = ::fork();
    if (child < 0) std::abort();
    if (child == 0) be(program, std::move(arguments), out, errors);
    out.close(1);
    errors.close(1);
    const auto texts = read_all(out, errors);
    out.close(0);
    errors.close(0);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    const nlohmann::json answer{{"status", WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status)},
                                {"out", texts[0]},
                                {"errors", texts[1]}};
    std::cout << answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
  }
  return 0;
}

}  // namespace

int run_or_serve(int argc, char** argv, int (*program)(int, char**)) {
  return argc == 2 && std::string_view(argv[1]) == "serve" ? serve(program) : program(argc, argv);
}

}  // namespace neurotape::fault
