"""Checks an MPIJob against a schema, unknown fields included, and that what it names is there.

Usage: check_mpijob.py MANIFEST [SCHEMA_OR_CRD]
The schema is mpijob.schema.yaml beside this file, or the operator's own CustomResourceDefinition where one is at hand.
"""

import os
import re
import sys

import yaml

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float)}


def faults(value, schema, path="MPIJob"):
    """All that is wrong with a value, as sentences."""
    if schema.get("x-kubernetes-int-or-string"):
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            yield f"{path} is {value!r}, neither a number nor a text"
        elif "pattern" in schema and not re.search(schema["pattern"], str(value)):
            yield f"{path} is {value!r}, not a quantity"
        return
    kind = schema.get("type")
    if kind and (not isinstance(value, TYPES[kind]) or (kind == "integer" and isinstance(value, bool))):
        yield f"{path} is {value!r}, not of type {kind}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path} is {value!r}, not one of {schema['enum']}"
    if "minimum" in schema and value < schema["minimum"]:
        yield f"{path} is {value}, below {schema['minimum']}"
    if kind == "array":
        for index, item in enumerate(value):
            yield from faults(item, schema.get("items", {}), f"{path}[{index}]")
    if kind == "object":
        yield from object_faults(value, schema, path)


def object_faults(value, schema, path):
    properties, others = schema.get("properties"), schema.get("additionalProperties")
    open_ended = schema.get("x-kubernetes-preserve-unknown-fields") or (properties is None and others is None)
    for name in schema.get("required", []):
        if name not in value:
            yield f"{path}.{name} is missing"
    for name, item in value.items():
        if properties and name in properties:
            yield from faults(item, properties[name], f"{path}.{name}")
        elif isinstance(others, dict):
            yield from faults(item, others, f"{path}.{name}")
        elif not open_ended:
            yield f"{path}.{name} is not a field"


def wrong_names(job):
    """What a schema cannot see: mounts of volumes that are not there, and shared memory that is not memory."""
    for role, replica in job["spec"]["mpiReplicaSpecs"].items():
        pod = replica["template"]["spec"]
        volumes = {volume["name"]: volume for volume in pod.get("volumes", [])}
        for container in pod["containers"]:
            for mount in container.get("volumeMounts", []):
                volume = volumes.get(mount["name"])
                if volume is None:
                    yield f"{role} mounts {mount['name']}, which is no volume of its pod"
                elif mount["mountPath"] == "/dev/shm" and volume.get("emptyDir", {}).get("medium") != "Memory":
                    yield f"{role}'s /dev/shm is not memory"


def main(manifest, schema=os.path.join(os.path.dirname(__file__), "mpijob.schema.yaml")):
    with open(manifest, encoding="utf-8") as file:
        job = yaml.safe_load(file)
    with open(schema, encoding="utf-8") as file:
        schema = yaml.safe_load(file)
    if schema.get("kind") == "CustomResourceDefinition":
        version = next(v for v in schema["spec"]["versions"] if job["apiVersion"].endswith("/" + v["name"]))
        schema = version["schema"]["openAPIV3Schema"]
    wrong = list(faults(job, schema)) or list(wrong_names(job))
    for sentence in wrong:
        print(f"{manifest}: {sentence}", file=sys.stderr)
    sys.exit(65 if wrong else 0)


main(*sys.argv[1:])
