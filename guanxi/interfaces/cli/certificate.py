"""A certificate of our own making, for phones in the same network."""

from __future__ import annotations

import ipaddress
import os
import socket
from datetime import timedelta
from pathlib import Path

from guanxi.platform.kernel import system_clock

VALID_DAYS = 397  # browsers refuse longer ones


def own_addresses() -> list[str]:
    """This machine's addresses in its networks, without asking anybody."""
    found = {"127.0.0.1"}
    try:
        found.update(
            str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
        )
    except OSError:
        pass
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        probe.connect(("192.0.2.1", 9))  # a datagram socket only chooses its route: nothing is sent
        found.add(probe.getsockname()[0])
    except OSError:
        pass
    finally:
        probe.close()
    return sorted(found)


def self_made(home: Path) -> tuple[Path, Path]:
    """Certificate and key in `home`/tls, made anew when missing, over or without one of the addresses."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    folder = home / "tls"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    now, addresses = system_clock(), own_addresses()
    if certificate_file.exists() and key_file.exists():
        known = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        names = known.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        held = {str(a) for a in names.get_values_for_type(x509.IPAddress)}
        if known.not_valid_after_utc > now + timedelta(days=7) and set(addresses) <= held:
            return certificate_file, key_file
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Guanxi on this network")])
    names_of = [x509.DNSName("localhost"), x509.DNSName(socket.gethostname())]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=VALID_DAYS))
        .add_extension(
            x509.SubjectAlternativeName(
                [*names_of, *(x509.IPAddress(ipaddress.ip_address(a)) for a in addresses)]
            ),
            False,
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    handle = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(private)
    certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return certificate_file, key_file
