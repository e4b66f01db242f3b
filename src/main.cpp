#include "phigate/app/command_line.hpp"

int main(int argc, char** argv) {
  return phigate::app::run_command_line(argc, argv);
}
