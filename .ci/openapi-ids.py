"""Collects what a portal holds, for schemathesis: `openapi-ids.py ADDRESS FOLDER` writes one
dictionary per kind of id, so that generated requests reach more than the answer 404, and the document
that the portal serves, `openapi.json`. It shows the token in PORTAL_TOKEN, if there is one."""

import json
import os
import pathlib
import sys
import urllib.request

ADDRESS, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
TOKEN = os.environ.get("PORTAL_TOKEN")
HEADERS = {"Authorization": f"Bearer {TOKEN}"} if TOKEN else {}


def get(path, root="/api/v2"):
    request = urllib.request.Request(f"{ADDRESS}{root}{path}", headers=HEADERS)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def write(kind, values):
    values = list(values)
    if not values:
        sys.exit(f"the portal has no {kind}")
    lines = "".join(json.dumps(value) + "\n" for value in values)
    (FOLDER / kind).write_text(lines, encoding="utf-8")


# Which ids and options belong to which plugin, for openapi_hooks.py.
def write_services(assets, options):
    offered = {one["service"]["id"]: one["config"] for one in options}
    services = {
        asset["configuration"]["configuration_type"]: {
            "ids": {"platform_id": asset["platform_id"], "service_id": asset["service_id"]},
            "offered": offered[asset["service_id"]],
        }
        for asset in assets
    }
    # Under every name that a plugin has.
    schemas = get("/openapi.json", "/api")["components"]["schemas"]
    mapping = schemas["DataOutput"]["discriminator"]["mapping"]
    for name, schema in mapping.items():
        same = [one for one in services if mapping[one] == schema]
        services.setdefault(name, services[same[0]])
    (FOLDER / "services.json").write_text(json.dumps(services), encoding="utf-8")


document = get("/openapi.json", "/api")
(FOLDER / "openapi.json").write_text(json.dumps(document), encoding="utf-8")

products = get("/data_products")["data_products"]
environments = get("/configuration/environments")["environments"]
options = get("/configuration/platforms/configs")["platform_service_configurations"]

write("products", (product["id"] for product in products))
assets = [
    asset
    for product in products
    for asset in get(f"/data_products/{product['id']}/technical_assets")["technical_assets"]
]
write("assets", (asset["id"] for asset in assets))
write_services(assets, options)
# A platform with many services stands there as often, so that random pairs fit more often.
write("platforms", (one["platform"]["id"] for one in options))
write("services", (one["service"]["id"] for one in options))
write("options", (one["id"] for one in options))
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
domains = get("/configuration/domains")["domains"]
types = get("/configuration/data_product_types")["data_product_types"]
write("domains", (one["id"] for one in domains))
write("types", (one["id"] for one in types))
