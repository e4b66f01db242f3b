#pragma once

#include "phigate/upstream/adapter.hpp"

namespace phigate::upstream {

const adapter& openai();

}  // namespace phigate::upstream
