"""The programs of the benchmark: a TLS upstream, and the two proxies that are compared. Each runs on the core it is given."""

import hashlib
import http.client
import os
import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path

API_KEY = secrets.token_urlsafe(24)
HEADERS = {"Authorization": f"Bearer {API_KEY}", "X-Region": "EU"}
PATH = "/v1/chat/completions"
START_LIMIT = 20.0  # seconds


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_certificate(folder: Path) -> None:
    """A CA, and a certificate of its for `localhost`: ca.pem, server.pem, server.key."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=bench CA")
    openssl("req", *new_key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "names", "-out", "server.pem")


class Server:
    """A process of ours on one core. Ends with `stop`, by its own process group."""

    def __init__(self, name: str, command: list[str], core: int, port: int, log: Path):
        self.name, self.port, self._log = name, port, log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
                preexec_fn=lambda: os.sched_setaffinity(0, {core}),
            )

    def wait_until_it_accepts(self) -> None:
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"{self.name} did not start:\n{self._log.read_text(errors='replace')[-2000:]}")

    def _processes(self) -> list[int]:
        """The process and its children: nginx has a worker."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return [self._process.pid, *map(int, children)]

    def resident_bytes(self) -> int:
        pages = sum(int(Path(f"/proc/{process}/statm").read_text().split()[1]) for process in self._processes())
        return pages * os.sysconf("SC_PAGE_SIZE")

    def processor_seconds(self) -> float:
        ticks = 0
        for process in self._processes():
            after_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            ticks += int(after_name[11]) + int(after_name[12])  # user and system time
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _nginx(name: str, folder: Path, core: int, port: int, http_block: str) -> Server:
    place = folder / name
    place.mkdir()
    temporary = "\n".join(
        f"  {kind}_temp_path {place}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""
    (place / "nginx.conf").write_text(
        f"""{user}daemon off;
worker_processes 1;
pid {place}/pid;
error_log stderr error;
events {{ worker_connections 4096; }}
http {{
{temporary}
  access_log off;
  server_tokens off;
  default_type application/json;
  keepalive_requests 100000000;
  keepalive_timeout 3600s;
  tcp_nodelay on;
{http_block}
}}
"""
    )
    return Server(name, ["nginx", "-e", "stderr", "-p", str(place), "-c", str(place / "nginx.conf")], core, port, place / "log")


def start_upstream(folder: Path, core: int, answer: bytes) -> Server:
    """nginx over TLS; every POST gets the same chat completion."""
    port = free_port()
    text = answer.decode().replace("'", "\\'")
    return _nginx("upstream", folder, core, port, f"""
  server {{
    listen 127.0.0.1:{port} ssl backlog=4096;
    ssl_certificate {folder}/server.pem;
    ssl_certificate_key {folder}/server.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:tls:4m;
    client_max_body_size 4m;
    location / {{ return 200 '{text}'; }}
  }}""")


def start_nginx(folder: Path, core: int, upstream: int) -> Server:
    """The yardstick: nginx as a plain proxy to a TLS upstream, verified, over kept-alive connections."""
    port = free_port()
    return _nginx("nginx", folder, core, port, f"""
  upstream provider {{
    server 127.0.0.1:{upstream};
    keepalive 64;
    keepalive_requests 100000000;
    keepalive_timeout 3600s;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass https://provider;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host localhost;
      proxy_ssl_name localhost;
      proxy_ssl_server_name on;
      proxy_ssl_verify on;
      proxy_ssl_trusted_certificate {folder}/ca.pem;
      proxy_ssl_session_reuse on;
    }}
  }}""")


def start_phigate(name: str, folder: Path, core: int, upstream: int, binary: Path) -> Server:
    """phigate as one would run it: keys, a region, a verified upstream, metering."""
    port = free_port()
    place = folder / name
    place.mkdir()
    digest = hashlib.sha256(API_KEY.encode()).hexdigest()
    (place / "phigate.yaml").write_text(f"""listen: [{{ address: 127.0.0.1, port: {port} }}]
workers: 1
registry: providers.yaml
auth:
  mode: keys
  keys:
    - {{ id: bench, sha256: "{digest}", regions: [EU, CH] }}
upstream: {{ ca_file: {folder}/ca.pem }}
""")
    (place / "providers.yaml").write_text(f"""version: 1
fx: {{ USD: 1, EUR: 1.08 }}
regions:
  EU: {{ resident: bench, countries: [DE, FR], strict: true }}
  CH: {{ resident: bench, countries: [CH], strict: true }}
providers:
  bench:
    name: Bench
    headquarters: FR
    retention_days: 0
    trains_on_data: false
    endpoints:
      bench-eu:
        base_url: https://localhost:{upstream}/v1
        protocol: openai
        country: FR
        regions: [EU]
        credential: "a-provider-key"
        models:
          gemma-4-31b:
            upstream: google/gemma-4-31B-it
            modalities: [chat]
            price: {{ currency: EUR, input: 0.25, output: 0.50 }}
      bench-ch:
        base_url: https://localhost:{upstream}/ch/v1
        protocol: openai
        country: CH
        regions: [CH]
        credential: "a-provider-key"
        models:
          gemma-4-31b:
            upstream: google/gemma-4-31B-it
            modalities: [chat]
            price: {{ currency: EUR, input: 0.20, output: 0.40 }}
aliases:
  gemma-4: [gemma-4-31b]
""")
    command = [str(binary), "serve", "--config", str(place / "phigate.yaml")]
    return Server(name, command, core, port, place / "log")


def first_answer(server: Server, body: bytes) -> bytes:
    """One request, to know that a proxy answers what the upstream says before it is timed."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("POST", PATH, body, {"Content-Type": "application/json", **HEADERS})
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    if response.status != 200:
        raise RuntimeError(f"{server.name} answers {response.status}: {answer[:500]!r}")
    return answer
