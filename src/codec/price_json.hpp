// A price as every answer shows it.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "phigate/core/money.hpp"

namespace phigate::codec {

nlohmann::ordered_json price_json(const core::price& price);

}  // namespace phigate::codec
