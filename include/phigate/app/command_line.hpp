// The program's commands (spec §13).
#pragma once

namespace phigate::app {

// Runs what the arguments say; the result is the process's exit code. Exceptions do not leave it.
int run_command_line(int argc, const char* const* argv);

}  // namespace phigate::app
