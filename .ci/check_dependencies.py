"""Keeps the house as docs/architecture.md draws it: who may import whom, and where pointers may stand."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Each room and what it may import of ours; dependencies only go down.
ROOMS = {
    "Tensors": set(),
    "Program": set(),
    "JSON": set(),
    "Kernels": {"Tensors", "CMath"},
    "Optimization": {"Tensors", "CMath"},
    "Pruning": {"Tensors", "CMath"},
    "Collectives": {"Tensors", "CMPI"},
    "Files": {"Program"},
    "Speech": {"Tensors", "Program", "JSON", "Files", "CAudio"},
    "Text": {"Program", "JSON", "Files"},
    "Batching": {"Tensors"},
    "Decoding": {"Tensors", "Program", "Text"},
    "Models": {"Tensors", "Kernels"},
    "Checkpoints": {"Tensors", "Program", "JSON", "Files", "Models", "CFiles", "CZstd"},
    "Session": {"Program", "Collectives"},
    "Recipe": {
        "Tensors", "Program", "Optimization", "Pruning", "Collectives", "Speech", "Text", "Decoding", "Models",
    },
    "MaskFiles": {"Tensors", "Program", "JSON", "Pruning", "Models", "Checkpoints"},
    "Reports": {"Tensors", "JSON"},
    "Training": {
        "Tensors", "Program", "JSON", "Kernels", "Optimization", "Pruning", "Collectives",
        "Batching", "Checkpoints", "Session", "Recipe", "MaskFiles", "Reports",
    },
    "Tasks": {
        "Tensors", "Program", "JSON", "Kernels", "Pruning", "Collectives", "Speech", "Text",
        "Decoding", "Batching", "Models", "Checkpoints", "Session", "Recipe", "MaskFiles", "Reports", "Training",
    },
    "Preflight": {
        "Tensors", "Program", "JSON", "Kernels", "Pruning", "Collectives", "Speech", "Text",
        "Batching", "Models", "Checkpoints", "Session", "Recipe", "Reports", "Training", "Tasks",
    },
    "Studies": {
        "Tensors", "Program", "JSON", "Kernels", "Optimization", "Pruning", "Collectives",
        "Batching", "Models", "Checkpoints", "Session", "Recipe", "MaskFiles", "Reports",
        "Training", "Tasks", "Preflight",
    },
    "Commands": {
        "Tensors", "Program", "JSON", "Kernels", "Pruning", "Collectives", "Files", "Speech", "Text",
        "Decoding", "Models", "Checkpoints", "Session", "Recipe", "MaskFiles", "Reports", "Training", "Tasks",
        "Preflight", "Studies",
    },
    "parp": {"Commands"},
}
OURS = set(ROOMS) | {"CMath", "CMPI", "CAudio", "CFiles", "CZstd"}
# Rooms that know no clocks or processes, and no files but through Files.
WITHOUT_FOUNDATION = {"Tensors", "Program", "JSON", "Kernels", "Optimization", "Pruning", "Models", "Text", "Decoding"}
# Tensors runs kernels in parallel through Dispatch, and maps memory through the C library.
POINTERS = re.compile(r"Unsafe(Mutable)?(Raw)?(Buffer)?Pointer")
POINTER_ROOMS = {"Tensors", "Kernels", "Optimization", "Pruning"}
POINTER_FILES = {"Collectives/MPICommunicator.swift"}
UNCHECKED_LIMIT = 3
LINE_LIMIT = 350
# The share of all lines that one room may have.
ROOM_LIMIT = 0.15


def imports(text):
    return re.findall(r"^(?:public |package |internal |private |@\w+ )*import (?:struct |func |class )?(\w+)", text, re.M)


def main():
    faults = []
    unchecked = 0
    for room, allowed in ROOMS.items():
        for path in sorted((ROOT / "Sources" / room).rglob("*.swift")):
            name = str(path.relative_to(ROOT / "Sources"))
            text = path.read_text(encoding="utf-8")
            for module in imports(text):
                if module in OURS and module not in allowed:
                    faults.append(f"{name} imports {module}, which {room} may not know")
                if module == "Foundation" and room in WITHOUT_FOUNDATION:
                    faults.append(f"{name} imports Foundation, but {room} knows no files, clocks or processes")
            if POINTERS.search(text) and room not in POINTER_ROOMS and name not in POINTER_FILES:
                faults.append(f"{name} handles an unsafe pointer outside the rooms meant for them")
            # A statement, not the mention of one in a comment.
            unchecked += len(re.findall(r"^[^/\n]*@unchecked Sendable", text, re.M))
            for fault in ("try!", "as!", "fatalError("):
                if re.search(rf"^[^/\n]*{re.escape(fault)}", text, re.M):
                    faults.append(f"{name} has {fault}")
            if text.count("\n") > LINE_LIMIT:
                faults.append(f"{name} has {text.count(chr(10))} lines; has it still one topic?")
    lines = {room: sum(p.read_text(encoding="utf-8").count("\n") for p in (ROOT / "Sources" / room).rglob("*.swift"))
             for room in ROOMS}
    for room, count in lines.items():
        if count > ROOM_LIMIT * sum(lines.values()):
            faults.append(f"{room} has {count} of {sum(lines.values())} lines; is it still one room?")
    strangers = {p.name for p in (ROOT / "Sources").iterdir() if p.is_dir()} - set(ROOMS)
    faults += [f"Sources/{name} is no room that this check knows" for name in sorted(strangers)]
    if unchecked > UNCHECKED_LIMIT:
        faults.append(f"@unchecked Sendable stands {unchecked} times; {UNCHECKED_LIMIT} are allowed")
    for path in sorted((ROOT / "CShims").rglob("include/*.h")):
        for header in re.findall(r'#include [<"]([^>"]+)', path.read_text()):
            if header not in {"stdint.h", "stddef.h"}:
                faults.append(f"{path.name} shows {header} to Swift; a shim's header speaks only stdint.h")
    for fault in faults:
        print(fault)
    print(f"dependency rules: {len(ROOMS)} rooms, {len(faults)} faults")
    return 1 if faults else 0


sys.exit(main())
