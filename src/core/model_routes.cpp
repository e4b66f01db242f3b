#include "model_routes.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace phigate::core {
namespace {

std::vector<route_id> routes_of_modality(modality what, const registry& known) {
  std::vector<route_id> ids;
  for (std::size_t i = 0; i < known.routes().size(); ++i) {
    if (known.routes()[i].modality == what) ids.push_back(static_cast<route_id>(i));
  }
  return ids;
}

}  // namespace

std::vector<route_id> routes_of_alias(const alias& wanted, modality what, const registry& known) {
  std::vector<route_id> ids;
  for (const std::string& model : wanted.models) {
    const auto routes = known.routes_of(model, what);
    ids.insert(ids.end(), routes.begin(), routes.end());
  }
  std::ranges::sort(ids);
  const auto repeated = std::ranges::unique(ids);
  ids.erase(repeated.begin(), repeated.end());
  return ids;
}

std::vector<route_id> routes_of_model(const model_selector& wanted, modality what, const registry& known) {
  switch (wanted.kind) {
    case model_kind::automatic:
      return routes_of_modality(what, known);
    case model_kind::concrete: {
      const auto routes = known.routes_of(wanted.name, what);
      return {routes.begin(), routes.end()};
    }
    case model_kind::alias: {
      const alias* found = known.find_alias(wanted.name);
      return found == nullptr ? std::vector<route_id>{} : routes_of_alias(*found, what, known);
    }
  }
  std::unreachable();
}

}  // namespace phigate::core
