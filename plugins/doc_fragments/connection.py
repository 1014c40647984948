# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that every module shares; the code is in module_utils/_http/connection.py."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  url:
    description:
      - Base URLs of one or more nodes of the cluster, such as V(https://node1.example.com:9443).
      - They are tried in order when one does not answer. Port 9443 is used if none is given.
      - A redirect is followed only to one of these hosts or to a node that the cluster lists, never to another host.
      - E(REDIS_ENTERPRISE_URL) is used if this is not set, with commas between several.
    type: list
    elements: str
  username:
    description:
      - User for Basic authentication. Changing nodes and databases takes the role admin.
      - E(REDIS_ENTERPRISE_USER) is used if this is not set.
    type: str
  password:
    description:
      - Password of O(username).
      - E(REDIS_ENTERPRISE_PASSWORD) is used if this is not set.
    type: str
  client_cert:
    description:
      - PEM file with a client certificate, as an alternative to O(username) and O(password).
      - E(REDIS_ENTERPRISE_CLIENT_CERT) is used if this is not set.
    type: path
  client_key:
    description:
      - PEM file with the key of O(client_cert), if that file does not hold it.
      - E(REDIS_ENTERPRISE_CLIENT_KEY) is used if this is not set.
    type: path
  ca_cert:
    description:
      - PEM file with the authority that signed the certificate of the cluster. By default a cluster signs its own.
      - E(REDIS_ENTERPRISE_CA_CERT) is used if this is not set; else the authorities that the system trusts.
    type: path
  validate_certs:
    description:
      - Whether the certificate of the cluster is verified. Turn it off for tests only.
      - If this is not set, certificates are verified unless E(REDIS_ENTERPRISE_INSECURE) is V(true).
    type: bool
  request_timeout:
    description:
      - Seconds after which one request counts as unanswered.
      - E(REDIS_ENTERPRISE_REQUEST_TIMEOUT) is used if this is not set; else 30.
    type: float
  unavailable_timeout:
    description:
      - Seconds for which an API that is away is waited for, as during the election of a new primary node.
      - Reads are repeated meanwhile. A write is sent again only where it cannot have arrived the first time.
      - E(REDIS_ENTERPRISE_UNAVAILABLE_TIMEOUT) is used if this is not set; else 60.
    type: float
requirements:
  - requests
"""
