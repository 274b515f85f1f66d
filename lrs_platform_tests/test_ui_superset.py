"""The bundle for Superset is whole, asks what the reader may read, and means what the semantic model says."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg import sql

from lrs_platform.local.credentials import database_url, load_secrets
from lrs_platform.local.instance import ROOT
from lrs_platform.semantic_model import semantic_model
from lrs_platform.ui.superset import COLUMNS_OF_GRID, FOLDER, LAYOUT, bundle, write
from lrs_platform_tests.conftest import Platform


@pytest.fixture(scope="module")
def assets() -> dict[str, Any]:
    return {path.removeprefix(f"{FOLDER}/"): yaml.safe_load(text) for path, text in bundle().items()}


def _of_kind(assets: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [asset for path, asset in assets.items() if path.startswith(f"{kind}/")]


def test_every_mart_with_figures_is_a_dataset_with_all_of_them(assets: dict[str, Any]) -> None:
    wanted = {mart.name: [metric.name for metric in mart.metrics] for mart in semantic_model().marts.values()}
    datasets = _of_kind(assets, "datasets")
    found = {each["table_name"]: [one["metric_name"] for one in each["metrics"]] for each in datasets}
    assert found == {mart: metrics for mart, metrics in wanted.items() if metrics}


def test_whatever_an_asset_points_to_is_in_the_bundle(assets: dict[str, Any]) -> None:
    databases = {each["uuid"] for each in _of_kind(assets, "databases")}
    datasets = {each["uuid"]: each for each in _of_kind(assets, "datasets")}
    charts = {each["uuid"]: each for each in _of_kind(assets, "charts")}
    assert {each["database_uuid"] for each in datasets.values()} <= databases
    for chart in charts.values():
        dataset = datasets[chart["dataset_uuid"]]
        params = chart["params"]
        metrics = [*params.get("metrics", []), *filter(None, [params.get("metric")])]
        assert set(metrics) <= {one["metric_name"] for one in dataset["metrics"]}
        columns = {one["column_name"] for one in dataset["columns"]}
        asked = [*params.get("groupby", []), *filter(None, [params.get("x_axis")])]
        asked += [one["subject"] for one in params["adhoc_filters"]]
        assert set(asked) <= columns, chart["slice_name"]
    (dashboard,) = _of_kind(assets, "dashboards")
    placed = [place["meta"]["uuid"] for place in dashboard["position"].values() if "uuid" in _meta(place)]
    assert sorted(placed) == sorted(charts)
    assert all(sum(shown.width for shown in row) == COLUMNS_OF_GRID for row in LAYOUT)


def _meta(place: Any) -> dict[str, Any]:
    return place.get("meta", {}) if isinstance(place, dict) else {}


def test_bars_begin_with_the_worst_and_cards_are_few(assets: dict[str, Any]) -> None:
    bars = [each["params"] for each in _of_kind(assets, "charts") if each["viz_type"] == "echarts_timeseries_bar"]
    assert {each["x_axis_sort"] for each in bars} == {each["metrics"][0] for each in bars}
    cards = {each["metrics"][0]: each for each in bars if each["x_axis"] == "card"}
    assert all(each["row_limit"] <= 12 for each in cards.values())
    assert (cards["worst_drop_off"]["order_desc"], cards["mean_difficulty"]["order_desc"]) == (True, False)


def test_an_import_that_replaces_finds_the_line_that_it_changes() -> None:
    assert "type: Dashboard\n" in bundle()[f"{FOLDER}/metadata.yaml"]
    script = (ROOT / "deploy/superset/import_bundle.py").read_text(encoding="utf-8")
    assert '"type: Dashboard", "type: assets"' in script


def test_the_bundle_holds_no_password_and_is_the_same_each_time(tmp_path: Path, assets: dict[str, Any]) -> None:
    (database,) = _of_kind(assets, "databases")
    assert database["sqlalchemy_uri"].startswith("postgresql+psycopg2://lrs_reader@")
    assert not any(database[each] for each in ("allow_dml", "allow_ctas", "allow_cvas", "allow_csv_upload"))
    path = tmp_path / "learning.zip"
    write(path)
    with zipfile.ZipFile(path) as archive:
        again = {name: yaml.safe_load(archive.read(name)) for name in archive.namelist()}
    assert again.keys() == {f"{FOLDER}/{name}" for name in assets}
    uuids = {name: each["uuid"] for name, each in again.items() if "uuid" in each}
    assert uuids == {f"{FOLDER}/{name}": each["uuid"] for name, each in assets.items() if "uuid" in each}


def test_every_column_and_every_metric_can_be_asked_by_the_reader(platform: Platform, assets: dict[str, Any]) -> None:
    reader = database_url(platform.instance, "lrs_reader", load_secrets(platform.instance).reader_password, "lrs")
    with psycopg.connect(reader) as connection:
        for dataset in _of_kind(assets, "datasets"):
            columns = sql.SQL(", ").join(sql.Identifier(column["column_name"]) for column in dataset["columns"])
            view = sql.Identifier(dataset["schema"], dataset["table_name"])
            connection.execute(sql.SQL("select {} from {} limit 0").format(columns, view))
            for metric in dataset["metrics"]:
                figure = sql.SQL(metric["expression"])
                connection.execute(sql.SQL("select {} from {}").format(figure, view))
