#pragma once
/// \file
/// What a loader and its prober say to each other: a question is one message, and so is an answer.

#include <optional>
#include <string>

namespace neurotape::loader {

/// The prober's standard input: a socket that keeps messages apart.
inline constexpr int kProbeSocket = 0;
/// What the prober says first. Another program, or another version, says something else.
inline constexpr const char* kProbeGreeting = "neurotape probe " NEUROTAPE_VERSION;

/// May a file be opened, and an episode in it?
struct Question {
  int descriptor = -1;  ///< of the file, for reading; the receiver closes it
  std::string path;     ///< of the file, absolute
  std::string object;   ///< path of the episode's group; empty: the file and what belongs to no episode
};

/// \returns false where nobody listens any more
bool send_question(int socket, const Question& question);
/// Waits for the next one. \returns nothing where nobody asks any more
std::optional<Question> receive_question(int socket);

inline constexpr const char* kSurvived = "survived";  ///< errors that the loader meets, too, included
inline constexpr const char* kExhausted = "exhausted";
/// HDF5 1.10.8 reads beyond the end of a damaged one, which one process survives by chance, and another does not.
inline constexpr const char* kHasCacheImage = "has a cache image";

bool send_text(int socket, const std::string& text);
/// \returns nothing where the other side is gone
std::optional<std::string> receive_text(int socket);

}  // namespace neurotape::loader
