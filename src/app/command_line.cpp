#include "phigate/app/command_line.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "app/commands.hpp"
#include "app/explain_command.hpp"
#include "phigate/observe/metrics.hpp"

namespace phigate::app {

namespace {

int run(int argc, const char* const* argv) {
  CLI::App app("phigate: one OpenAI-compatible endpoint in front of many LLM providers, by region and data class.",
               "phigate");
  app.set_version_flag("--version", "phigate " + std::string(observe::version()));
  app.require_subcommand(1);

  std::string config_file = "config/phigate.yaml";
  const auto with_config = [&](CLI::App* command) {
    command->add_option("--config", config_file, "The gateway's configuration")->capture_default_str();
    return command;
  };
  CLI::App* serve = with_config(app.add_subcommand("serve", "Run the gateway"));
  CLI::App* check =
      with_config(app.add_subcommand("check", "Check the configuration and the registry; list every fault"));

  routes_query query;
  CLI::App* routes = with_config(app.add_subcommand("routes", "Print the routes of the registry"));
  routes->add_option("--region", query.region, "Only those that serve this region");
  routes->add_flag("--phi", query.phi, "Only those that may serve class phi");
  routes->add_option("--modality", query.modality, "Only this modality");
  routes->add_flag("--matrix", query.matrix, "Print the coverage by modality and region instead");
  routes->add_flag("--json", query.json, "As JSON");

  explain_query request;
  CLI::App* explain =
      with_config(app.add_subcommand("explain", "Print where a request would go, and why not elsewhere"));
  explain->add_option("--model", request.model, "auto, an alias or a model's id, with a variant if wanted")
      ->capture_default_str();
  explain->add_option("--region", request.region, "As X-Region; else as a request without a key gets it");
  explain->add_flag("--phi", request.phi, "As X-PHI: true; else as defaults.phi has it");
  explain->add_option("--modality", request.modality, "chat, vision, embeddings, …")->capture_default_str();
  explain->add_option("--prefer", request.prefer, "The request's provider object, as JSON");
  explain->add_flag("--json", request.json, "As POST /v1/route/explain answers");

  CLI::App* keygen = app.add_subcommand("keygen", "Print a new API key and its SHA-256");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& stop) {
    return app.exit(stop) == 0 ? 0 : 2;
  }
  if (serve->parsed()) return run_serve(config_file);
  if (check->parsed()) return run_check(config_file);
  if (routes->parsed()) return run_routes(config_file, query);
  if (explain->parsed()) return run_explain(config_file, request);
  if (keygen->parsed()) return run_keygen();
  return 2;
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "phigate: %s\n", failure.what());
    return 1;
  }
}

}  // namespace phigate::app
