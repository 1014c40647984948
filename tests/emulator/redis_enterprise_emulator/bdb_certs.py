# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Client certificates of a database: are they certificates, still valid, and each there once?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from .bdb_errors import refuse


@lru_cache(maxsize=256)
def _read(pem: str) -> tuple[bytes, datetime] | None:
    """Fingerprint and end of validity, or None when this is no certificate."""
    # Imported here because it costs more than starting the rest of this package, and few requests need it.
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        return None
    return certificate.fingerprint(hashes.SHA256()), certificate.not_valid_after_utc


def check_certificates(entries: Sequence[Mapping[str, Any]], field: str, now: str) -> None:
    today = datetime.fromisoformat(now) if now else datetime.now(UTC)
    if today.tzinfo is None:
        today = today.replace(tzinfo=UTC)
    seen: set[bytes] = set()
    for position, entry in enumerate(entries):
        found = _read(str(entry.get("client_cert", "")))
        if found is None:
            raise refuse("invalid_certificate", f"{field}[{position}]: client_cert is missing or no PEM certificate.")
        fingerprint, until = found
        if until < today:
            raise refuse("certificate_expired", f"{field}[{position}]: the certificate expired on {until:%Y-%m-%d}.")
        if fingerprint in seen:
            raise refuse("duplicated_certs", f"{field}[{position}]: the certificate appears more than once.")
        seen.add(fingerprint)
