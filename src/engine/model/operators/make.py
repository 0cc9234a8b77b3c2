"""Makes schemas.json.br beside this file: what each operator of ONNX and of ONNX Runtime is called, takes and gives.

    pip install onnx onnxruntime brotli
    python make.py

Layout (texts stand once in "texts" and are numbers elsewhere; what is empty at the end of a list is left out):

    sources    [[name, version], ...]
    texts      [text, ...]
    operators  {"domain:op": [[since, deprecated, text, attributes, inputs, outputs], ...]}     oldest version first
    attribute  [name, type, text, required, default]          default: its value, absent where there is none
    port       [name, text, option]                           option: 0 required, 1 optional, 2 variadic
"""

import json
import re
import textwrap
from pathlib import Path

import brotli
import onnx
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

TYPES = {
    "FLOAT": "float", "INT": "int", "STRING": "string", "TENSOR": "tensor", "GRAPH": "graph", "FLOATS": "floats", "INTS": "ints",
    "STRINGS": "strings", "TENSORS": "tensors", "GRAPHS": "graphs", "SPARSE_TENSOR": "sparse_tensor", "TYPE_PROTO": "type_proto",
}  # fmt: skip
OPTIONS = {"Single": 0, "Optional": 1, "Variadic": 2}

texts, numbers = [], {}


def text(value):
    """The number of a text, without the indentation and blank lines of its source."""
    value = re.sub(r"\n{3,}", "\n\n", textwrap.dedent((value or "").expandtabs(4)).strip())
    value = "\n".join(line.rstrip() for line in value.split("\n"))
    if value not in numbers:
        numbers[value] = len(texts)
        texts.append(value)
    return numbers[value]


def name_of(enum):
    return str(enum).rsplit(".", 1)[-1]


def short(values, empty):
    while values and values[-1] == empty[len(values) - 1]:
        values.pop()
    return values


def number(value):
    """A float32 as it was written: 0.2 instead of 0.20000000298."""
    return float(f"{value:.7g}") if isinstance(value, float) else value


def attribute(value):
    row = [value.name, TYPES[name_of(value.type)], text(value.description), bool(value.required)]
    default = getattr(value, "default_value", None)  # ONNX Runtime does not tell
    if default is not None and default.type != onnx.AttributeProto.UNDEFINED:
        content = onnx.helper.get_attribute_value(default)
        if isinstance(content, bytes):
            return [*row, content.decode()]
        if isinstance(content, (int, float)):
            return [*row, number(content)]
        if isinstance(content, (list, tuple)) or hasattr(content, "__iter__"):
            return [*row, [item.decode() if isinstance(item, bytes) else number(item) for item in content]]
    return short(row, [None, None, text(""), False])


def ports(values):
    return [short([value.name, text(value.description), OPTIONS[name_of(value.option)]], [None, text(""), 0]) for value in values]


def version(schema):
    attributes = [attribute(schema.attributes[name]) for name in sorted(schema.attributes)]
    row = [schema.since_version, bool(schema.deprecated), text(schema.doc), attributes, ports(schema.inputs), ports(schema.outputs)]
    return short(row, [None, False, text(""), [], [], []])


def main():
    text("")
    operators = {}
    known = set()
    for schema in onnx.defs.get_all_schemas_with_history():
        known.add((schema.domain, schema.name))
        operators.setdefault(f"{schema.domain}:{schema.name}", []).append(version(schema))
    for schema in runtime.get_all_operator_schema():
        # Its copies of the standard's schemas are left out, and what only its optimiser makes in memory.
        if (schema.domain, schema.name) not in known and not schema.domain.startswith("com.ms.internal"):
            operators.setdefault(f"{schema.domain}:{schema.name}", []).append(version(schema))
    for versions in operators.values():
        versions.sort(key=lambda row: row[0])
    data = {
        "sources": [["ONNX", onnx.__version__], ["ONNX Runtime", onnxruntime.__version__]],
        "texts": texts,
        "operators": dict(sorted(operators.items())),
    }
    plain = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    packed = brotli.compress(plain, mode=brotli.MODE_TEXT, quality=11, lgwin=22)
    Path(__file__).with_name("schemas.json.br").write_bytes(packed)
    print(f"{len(operators)} operators, {sum(map(len, operators.values()))} versions: {len(plain)} bytes, packed {len(packed)}")


if __name__ == "__main__":
    main()
