// The last rule of spec §3: a route can do what the body asks for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "phigate/core/policy.hpp"
#include "phigate/core/registry.hpp"

namespace phigate::core {

// What a body can ask of a route under this rule, in the order in which it is looked at. All but the last are asked for
// by one parameter of a voice request, which a refusal can name.
enum class demand : std::uint8_t { response_format, voice, stream, sse, logprobs, diarization, other };
inline constexpr std::array all_demands{demand::response_format, demand::voice,       demand::stream, demand::sse,
                                        demand::logprobs,        demand::diarization, demand::other};
using demand_set = enum_set<demand, all_demands.size()>;

// Its arguments must outlive it.
class parameter_rule {
 public:
  explicit parameter_rule(const policy& wanted);

  // Whether the policy asks for anything under this rule.
  [[nodiscard]] bool is_in_force() const;
  [[nodiscard]] bool passes(const hosted_model& model, const endpoint& host) const;
  // What is wrong, for a person. Only for a model that does not pass.
  [[nodiscard]] std::string detail(const hosted_model& model, const endpoint& host) const;
  // All that is wrong; empty for a model that passes.
  [[nodiscard]] demand_set unmet(const hosted_model& model, const endpoint& host) const;
  // What is asked for, in words: "file, dimensions 8, provider.require_parameters, json_object or json_schema". Empty
  // only where nothing is.
  [[nodiscard]] std::string asked_for() const;

 private:
  using words = std::vector<std::string>;

  [[nodiscard]] bool gives_wanted_format(const hosted_model& model) const;
  [[nodiscard]] bool has_wanted_voice(const hosted_model& model) const;
  // The first feature that every route must declare and this one does not; nullptr: none.
  [[nodiscard]] const std::string* missing_feature(const hosted_model& model) const;
  // The first parameter for which the model declares none of the features that would do; nullptr: none.
  [[nodiscard]] const words* missing_parameter(const hosted_model& model) const;
  // The first field of the body that the route would leave out, by its dialects or for want of a place in its
  // protocol; nothing where it leaves out none. Points into the model, the host or static storage.
  [[nodiscard]] std::optional<std::string_view> dropped_field(const hosted_model& model, const endpoint& host) const;
  [[nodiscard]] bool gives_dimensions(const hosted_model& model) const;

  const policy* wanted_;
  std::vector<std::string_view> fields_;  // without list marks, sorted; empty unless all parameters are required
};

// The names that a client may use for the model's voices; a provider's own name does as well.
std::vector<std::string_view> voice_names(const hosted_model& model);
// For a person: "alloy, nova", cut after the first twenty.
std::string listed_voices(const std::vector<std::string_view>& names);

}  // namespace phigate::core
