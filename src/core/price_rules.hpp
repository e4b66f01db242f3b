// The two rules of spec §3 about money: `:free` and `max_price`. Prices are compared exactly, in USD.
#pragma once

#include <string>

#include "phigate/core/money.hpp"
#include "phigate/core/preferences.hpp"

namespace phigate::core {

// Every price that a model has is 0; one without any price is not known to be free.
bool is_free(const price& cost);
// For a price that is not free: what costs something.
std::string free_detail(const price& cost);

// Input (or cached input, where that costs more) and output are each at most their bound; a model that is not priced by
// tokens is not known to be.
bool is_within(const price& cost, const price_ceiling& most);
// For a price that is not within: what costs more than allowed.
std::string ceiling_detail(const price& cost, const price_ceiling& most);

}  // namespace phigate::core
