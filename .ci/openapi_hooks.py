"""Makes most generated configurations meet the service that stores them: schemathesis cannot know
which id belongs to which plugin, and nearly every body would end at that one check. The folder
that openapi-ids.py wrote to is PORTAL_IDS."""

import json
import os
import pathlib
import re
import zlib

import schemathesis

SERVICES = json.loads((pathlib.Path(os.environ["PORTAL_IDS"]) / "services.json").read_text())

# A UUID with its dashes.
ID = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

# The fields that take options of the platform service.
CHOICES = {"bucket", "catalog", "database"}


@schemathesis.hook
def map_body(context, body):
    configuration = body.get("configuration") if isinstance(body, dict) else None
    kind = configuration.get("configuration_type") if isinstance(configuration, dict) else None
    service = SERVICES.get(kind) if isinstance(kind, str) else None
    dice = zlib.crc32(repr(body).encode(errors="surrogatepass"))
    if service is None or dice % 4 == 0:
        return body
    # Only what is well formed is replaced, so that what is wrong on purpose stays wrong.
    ids = {name: id for name, id in service["ids"].items() if is_id(body.get(name))}
    offered = service["offered"][dice % len(service["offered"])]
    chosen = {name: offered for name in CHOICES if isinstance(configuration.get(name), str)}
    return {**body, **ids, "configuration": {**configuration, **chosen}}


def is_id(value):
    return isinstance(value, str) and ID.fullmatch(value) is not None
