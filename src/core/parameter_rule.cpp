#include "parameter_rule.hpp"

#include <algorithm>
#include <utility>

#include "phigate/core/audio.hpp"

namespace phigate::core {
namespace {

constexpr std::ptrdiff_t most_voices_shown = 20;

// A model that takes any size declares this word instead of a range.
constexpr std::string_view any_dimensions_feature = "dimensions";

template <typename Word>
std::string joined(const std::vector<Word>& words, std::string_view between) {
  std::string text;
  for (const Word& word : words) {
    if (!text.empty()) text += between;
    text += word;
  }
  return text;
}

// The features that a voice request asks for by a parameter of its own.
demand demand_of(std::string_view feature) {
  static constexpr std::array<std::pair<std::string_view, demand>, 4> named{{{"stream", demand::stream},
                                                                             {"sse", demand::sse},
                                                                             {"logprobs", demand::logprobs},
                                                                             {"diarization", demand::diarization}}};
  const auto found = std::ranges::find(named, feature, &decltype(named)::value_type::first);
  return found == named.end() ? demand::other : found->second;
}

}  // namespace

parameter_rule::parameter_rule(const policy& wanted) : wanted_(&wanted) {
  if (!wanted.preferences.require_parameters) return;
  // A body can have many fields: they are sorted once, not searched for every route.
  fields_.reserve(wanted.fields.size());
  for (const std::string& field : wanted.fields) fields_.push_back(without_list_mark(field));
  std::ranges::sort(fields_);
}

bool parameter_rule::is_in_force() const {
  return !wanted_->required_features.empty() || wanted_->dimensions || wanted_->preferences.require_parameters ||
         !wanted_->response_format.empty() || !wanted_->voice.empty();
}

bool parameter_rule::passes(const hosted_model& model, const endpoint& host) const {
  return gives_wanted_format(model) && has_wanted_voice(model) && missing_feature(model) == nullptr &&
         gives_dimensions(model) && missing_parameter(model) == nullptr && !dropped_field(model, host);
}

demand_set parameter_rule::unmet(const hosted_model& model, const endpoint& host) const {
  demand_set all;
  if (!gives_wanted_format(model)) all.insert(demand::response_format);
  if (!has_wanted_voice(model)) all.insert(demand::voice);
  for (const std::string& word : wanted_->required_features) {
    if (!model.has_feature(word)) all.insert(demand_of(word));
  }
  const bool gives_the_rest =
      gives_dimensions(model) && missing_parameter(model) == nullptr && !dropped_field(model, host);
  if (!gives_the_rest) all.insert(demand::other);
  return all;
}

bool parameter_rule::gives_wanted_format(const hosted_model& model) const {
  return wanted_->response_format.empty() || gives_format(model, wanted_->modality, wanted_->response_format);
}

bool parameter_rule::has_wanted_voice(const hosted_model& model) const {
  return wanted_->voice.empty() || provider_voice(model, wanted_->voice).has_value();
}

const std::string* parameter_rule::missing_feature(const hosted_model& model) const {
  const auto found = std::ranges::find_if_not(wanted_->required_features,
                                              [&model](const std::string& word) { return model.has_feature(word); });
  return found == wanted_->required_features.end() ? nullptr : &*found;
}

const parameter_rule::words* parameter_rule::missing_parameter(const hosted_model& model) const {
  if (!wanted_->preferences.require_parameters) return nullptr;
  const auto found = std::ranges::find_if(wanted_->parameters, [&model](const words& any_of) {
    return std::ranges::none_of(any_of, [&model](const std::string& word) { return model.has_feature(word); });
  });
  return found == wanted_->parameters.end() ? nullptr : &*found;
}

std::optional<std::string_view> parameter_rule::dropped_field(const hosted_model& model, const endpoint& host) const {
  if (fields_.empty()) return std::nullopt;
  const auto is_in_use = [this](std::string_view key) {
    return std::ranges::binary_search(fields_, without_list_mark(key));
  };
  for (const request_dialect* dialect : {&host.request, &model.request}) {
    const auto found = std::ranges::find_if(dialect->drop, is_in_use);
    if (found != dialect->drop.end()) return *found;
  }
  const auto ignored = std::ranges::find_if(host.ignored_fields, is_in_use);
  return ignored == host.ignored_fields.end() ? std::nullopt : std::optional(*ignored);
}

bool parameter_rule::gives_dimensions(const hosted_model& model) const {
  if (!wanted_->dimensions) return true;
  if (!model.dimensions) return model.has_feature(any_dimensions_feature);
  return model.dimensions->smallest <= *wanted_->dimensions && *wanted_->dimensions <= model.dimensions->largest;
}

std::string parameter_rule::detail(const hosted_model& model, const endpoint& host) const {
  if (!gives_wanted_format(model)) return "gives " + joined(formats_given(model, wanted_->modality), ", ") + " only";
  if (!has_wanted_voice(model)) return "has the voices " + listed_voices(voice_names(model));
  if (const std::string* word = missing_feature(model)) return "does not declare the feature '" + *word + "'";
  if (!gives_dimensions(model)) {
    if (!model.dimensions) return "gives embeddings in their native size only";
    return "gives embeddings of " + std::to_string(model.dimensions->smallest) + " to " +
           std::to_string(model.dimensions->largest) + " dimensions";
  }
  if (const words* any_of = missing_parameter(model)) {
    return "does not declare the feature '" + joined(*any_of, "' or '") + "'";
  }
  if (const auto field = dropped_field(model, host)) return "drops the field '" + std::string(*field) + "'";
  return {};
}

std::string parameter_rule::asked_for() const {
  words all;
  if (!wanted_->response_format.empty()) all.emplace_back("response_format");
  if (!wanted_->voice.empty()) all.emplace_back("voice");
  all.insert(all.end(), wanted_->required_features.begin(), wanted_->required_features.end());
  if (wanted_->dimensions) all.push_back("dimensions " + std::to_string(*wanted_->dimensions));
  if (wanted_->preferences.require_parameters) {
    all.emplace_back("provider.require_parameters");
    for (const words& any_of : wanted_->parameters) all.push_back(joined(any_of, " or "));
  }
  return joined(all, ", ");
}

std::vector<std::string_view> voice_names(const hosted_model& model) {
  std::vector<std::string_view> names;
  names.reserve(model.voices.size());
  for (const auto& [name, at_provider] : model.voices) names.push_back(name);
  return names;
}

std::string listed_voices(const std::vector<std::string_view>& names) {
  if (std::ssize(names) <= most_voices_shown) return joined(names, ", ");
  return joined(std::vector(names.begin(), names.begin() + most_voices_shown), ", ") + ", …";
}

}  // namespace phigate::core
