# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters for the integration tests."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from support.brisk import BriskModule
from support.emulated import Emulated, emulated
from support.removing import REST_ONLY, database
from support.rolling import Roller


@pytest.fixture(scope="module")
def cluster() -> t.Iterator[Emulated]:
    """Three nodes without data plane, shared by the tests of one file: each test uses names of its own."""
    with emulated("--nodes", "3", "--data-plane", "none", "--time-scale", "0.3") as running:
        yield running


@pytest.fixture
def own_cluster() -> t.Iterator[Emulated]:
    """Three nodes without data plane for one test, which may harm them."""
    with emulated("--nodes", "3", "--data-plane", "none", "--time-scale", "0.3") as running:
        yield running


@pytest.fixture(scope="module")
def process() -> t.Iterator[BriskModule]:
    """redis_bdb on the newest release, with nodes in different racks, so that every field can be set."""
    arguments = ("--nodes", "3", "--data-plane", "none", "--time-scale", "0", "--version", "8.2.0", "--rack", "a,b,c")
    with emulated(*arguments) as running:
        yield BriskModule(running)


@pytest.fixture
def five(tmp_path: Path) -> t.Iterator[Roller]:
    """Five nodes with a replicated database on nodes 1 and 2."""
    with emulated("--nodes", "5", *REST_ONLY) as cluster:
        database(cluster, "replicated")
        yield Roller(cluster, tmp_path, nodes=(1, 2, 3, 4, 5))
