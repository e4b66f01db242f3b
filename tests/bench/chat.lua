-- One chat completion a request; at the end one line of JSON. Latencies are in microseconds.
-- wrk -s chat.lua URL -- BODY_FILE NAME:VALUE...
wrk.method = "POST"

function init(arguments)
  local body = assert(io.open(arguments[1], "rb"))
  wrk.body = body:read("*a")
  body:close()
  wrk.headers["Content-Type"] = "application/json"
  for index = 2, #arguments do
    local name, value = arguments[index]:match("^([^:]+):(.*)$")
    wrk.headers[name] = value
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
