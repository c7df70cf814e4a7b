#include "loader/probe_protocol.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>

namespace neurotape::loader {
namespace {

constexpr std::size_t kMostBytes = 32 << 10;

/// Room for one descriptor beside a message.
union Control {
  cmsghdr header;
  std::array<char, CMSG_SPACE(sizeof(int))> bytes;
};

template <class Call>
ssize_t uninterrupted(Call call) {
  ssize_t result = 0;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

int descriptor_in(msghdr& message) {
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return -1;
  int descriptor = -1;
  std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
  return descriptor;
}

}  // namespace

bool send_question(int socket, const Question& question) {
  std::string text = question.path + '\0' + question.object;
  Control control = {};
  iovec part = {text.data(), text.size()};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = &control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof question.descriptor);
  std::memcpy(CMSG_DATA(header), &question.descriptor, sizeof question.descriptor);
  return uninterrupted([&] { return ::sendmsg(socket, &message, MSG_NOSIGNAL); }) >= 0;
}

std::optional<Question> receive_question(int socket) {
  std::string text(kMostBytes, '\0');
  Control control = {};
  iovec part = {text.data(), text.size()};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = &control;
  message.msg_controllen = sizeof control;
  const ssize_t bytes = uninterrupted([&] { return ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC); });
  if (bytes <= 0) return std::nullopt;
  text.resize(static_cast<std::size_t>(bytes));
  const auto end = text.find('\0');
  if (end == std::string::npos) return std::nullopt;
  return Question{descriptor_in(message), text.substr(0, end), text.substr(end + 1)};
}

bool send_text(int socket, const std::string& text) {
  return uninterrupted([&] { return ::send(socket, text.data(), text.size(), MSG_NOSIGNAL); }) >= 0;
}

std::optional<std::string> receive_text(int socket) {
  std::string text(kMostBytes, '\0');
  const ssize_t bytes = uninterrupted([&] { return ::recv(socket, text.data(), text.size(), 0); });
  if (bytes <= 0) return std::nullopt;
  text.resize(static_cast<std::size_t>(bytes));
  return text;
}

}  // namespace neurotape::loader
