"""A certificate authority made on the spot with the openssl command, and server certificates, good and bad."""

from __future__ import annotations

import base64
import hashlib
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

LOOPBACK_NAMES = "DNS:localhost,IP:127.0.0.1,IP:::1"


def openssl(*arguments: str | Path, data: bytes | None = None) -> bytes:
    """Runs openssl and returns what it printed; its own words are in the exception when it fails."""
    command = ["openssl", *map(str, arguments)]
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


@dataclass(frozen=True)
class Certificate:
    """A server certificate with its key, both PEM files."""

    certificate_file: Path
    key_file: Path

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate_file, self.key_file)
        return context

    def pin(self) -> str:
        """Base64 of the SHA-256 of the SubjectPublicKeyInfo, as `tls.pin_sha256` of an endpoint wants it."""
        public_key = openssl("x509", "-in", self.certificate_file, "-noout", "-pubkey")
        der = openssl("pkey", "-pubin", "-outform", "DER", data=public_key)
        return base64.b64encode(hashlib.sha256(der).digest()).decode()


class Authority:
    """One CA in a folder of its own. Files that are already there are used again."""

    def __init__(self, folder: Path, name: str = "phigate test CA") -> None:
        self.folder = folder
        self.ca_file = folder / "ca.pem"
        self._key_file = folder / "ca.key"
        folder.mkdir(parents=True, exist_ok=True)
        if not (self.ca_file.exists() and self._key_file.exists()):
            openssl(
                "req",
                "-x509",
                *self._new_key(self._key_file),
                "-days",
                "3650",
                "-subj",
                f"/CN={name}",
                "-addext",
                "keyUsage=critical,keyCertSign,cRLSign",
                "-out",
                self.ca_file,
            )

    def server(self, name: str = "server", *, names: str = LOOPBACK_NAMES, days: int = 365) -> Certificate:
        """A certificate of this CA. `days` below 0 makes one that has expired."""
        made = self._paths(name)
        if made.certificate_file.exists():
            return made
        request = openssl("req", "-new", *self._new_key(made.key_file), "-subj", f"/CN={name}")
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={names}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n")
        openssl(
            "x509",
            "-req",
            "-days",
            str(days),
            "-CA",
            self.ca_file,
            "-CAkey",
            self._key_file,
            "-CAcreateserial",
            "-extfile",
            extensions,
            "-out",
            made.certificate_file,
            data=request,
        )
        return made

    def expired(self) -> Certificate:
        return self.server("expired", days=-1)

    def wrong_host(self) -> Certificate:
        return self.server("wrong-host", names="DNS:elsewhere.example")

    def self_signed(self) -> Certificate:
        """Right names, signed by nobody but itself."""
        made = self._paths("self-signed")
        if not made.certificate_file.exists():
            openssl(
                "req",
                "-x509",
                *self._new_key(made.key_file),
                "-days",
                "365",
                "-subj",
                "/CN=localhost",
                "-addext",
                f"subjectAltName={LOOPBACK_NAMES}",
                "-out",
                made.certificate_file,
            )
        return made

    def _paths(self, name: str) -> Certificate:
        return Certificate(self.folder / f"{name}.pem", self.folder / f"{name}.key")

    @staticmethod
    def _new_key(key_file: Path) -> list[str | Path]:
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key_file]
