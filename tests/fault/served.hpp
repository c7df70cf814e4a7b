#pragma once
/// \file
/// A program that is run thousands of times, without being loaded each time.

namespace neurotape::fault {

/// The program itself; with the one argument "serve" it does this instead: for each line of standard input, a list of
/// arguments in JSON, it runs `program` in a child with nothing to read, and answers with a line {"status", "out",
/// "errors"}; status as of Python's subprocess: -9 where SIGKILL ended it.
int run_or_serve(int argc, char** argv, int (*program)(int, char**));

}  // namespace neurotape::fault
