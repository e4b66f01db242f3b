// The last rule of spec §3: a route can do what the body asks for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "phigate/core/policy.hpp"
#include "phigate/core/registry.hpp"

namespace phigate::core {

// Its arguments must outlive it.
class parameter_rule {
 public:
  explicit parameter_rule(const policy& wanted);

  // Whether the policy asks for anything under this rule.
  [[nodiscard]] bool is_in_force() const;
  [[nodiscard]] bool passes(const hosted_model& model, const endpoint& host) const;
  // What is wrong, for a person. Only for a model that does not pass.
  [[nodiscard]] std::string detail(const hosted_model& model, const endpoint& host) const;
  // What is asked for, in words: "file, dimensions 8, provider.require_parameters, json_object or json_schema". Empty
  // only where nothing is.
  [[nodiscard]] std::string asked_for() const;

 private:
  using words = std::vector<std::string>;

  // The first feature that every route must declare and this one does not; nullptr: none.
  [[nodiscard]] const std::string* missing_feature(const hosted_model& model) const;
  // The first parameter for which the model declares none of the features that would do; nullptr: none.
  [[nodiscard]] const words* missing_parameter(const hosted_model& model) const;
  // The first field of the body that the route would leave out; nullptr: none.
  [[nodiscard]] const std::string* dropped_field(const hosted_model& model, const endpoint& host) const;
  [[nodiscard]] bool gives_dimensions(const hosted_model& model) const;

  const policy* wanted_;
  std::vector<std::string_view> fields_;  // sorted; empty unless all parameters are required
};

}  // namespace phigate::core
