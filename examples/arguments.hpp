#pragma once
/// \file
/// The command line of an example: [--flag VALUE]... [FILE.h5]... [OUTPUT_DIRECTORY], or --help

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

class Arguments {
 public:
  /// \param usage what follows the name of the program; --help prints it and ends the program
  /// \param flags the flags there are, with their defaults
  /// \throws std::invalid_argument what cannot be understood
  Arguments(int argc, char** argv, const char* usage, std::map<std::string, std::string> flags)
      : flags_(std::move(flags)) {
    for (int i = 1; i < argc; ++i) {
      const std::string word = argv[i];
      if (word == "--help" || word == "-h") {
        std::printf("usage: %s %s\n", std::filesystem::path(argv[0]).filename().c_str(), usage);
        std::exit(0);
      }
      const bool has_value = i + 1 < argc;
      if (const auto flag = flags_.find(word); flag != flags_.end() && has_value) {
        flag->second = argv[++i];
      } else if (word.starts_with("-")) {
        throw std::invalid_argument("no such flag, or nothing after it: " + word);
      } else if (word.ends_with(".h5")) {
        files_.emplace_back(word);
      } else if (!std::exchange(output_, word).empty()) {
        throw std::invalid_argument("more than one output directory: " + word);
      }
    }
  }

  /// \throws std::invalid_argument when the value is no number
  long number(const std::string& flag) const { return std::stol(flags_.at(flag)); }
  const std::string& text(const std::string& flag) const { return flags_.at(flag); }
  const std::vector<std::filesystem::path>& files() const { return files_; }
  std::filesystem::path output() const { return output_.empty() ? "experiments" : output_; }

 private:
  std::map<std::string, std::string> flags_;
  std::vector<std::filesystem::path> files_;
  std::string output_;
};
