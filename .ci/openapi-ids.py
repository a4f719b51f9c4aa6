"""Collects what a portal holds, for schemathesis: `openapi-ids.py ADDRESS FOLDER` writes one
dictionary per kind of id, so that generated requests reach more than the answer 404."""

import json
import pathlib
import sys
import urllib.request

ADDRESS, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])


def get(path):
    with urllib.request.urlopen(f"{ADDRESS}/api/v2{path}") as answer:
        return json.load(answer)


def write(kind, values):
    values = list(values)
    if not values:
        sys.exit(f"the portal has no {kind}")
    lines = "".join(json.dumps(value) + "\n" for value in values)
    (FOLDER / kind).write_text(lines, encoding="utf-8")


products = get("/data_products")["data_products"]
environments = get("/configuration/environments")["environments"]
options = get("/configuration/platforms/configs")["platform_service_configurations"]

write("products", (product["id"] for product in products))
write(
    "assets",
    (
        asset["id"]
        for product in products
        for asset in get(f"/data_products/{product['id']}/technical_assets")["technical_assets"]
    ),
)
# A platform with many services stands there as often, so that random pairs fit more often.
write("platforms", (one["platform"]["id"] for one in options))
write("services", (one["service"]["id"] for one in options))
write("options", (one["id"] for one in options))
write("offered", (value for one in options for value in one["config"]))
write("environments", (one["id"] for one in environments))
write("environment_names", (one["name"] for one in environments))
write(
    "entries",
    (
        entries["id"]
        for one in environments
        for entries in get(f"/configuration/environments/{one['id']}/configs")["environment_configs"]
    ),
)
