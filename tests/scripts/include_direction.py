#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Includes run one way, along the pipeline: include_direction.py [FOLDER OF HEADERS].

Checks every #include under include/ashlar; without arguments it first proves that planted bad lines are found."""

import os
import pathlib
import re
import sys
import tempfile

PIPELINE = "core graph autodiff expr passes plan backend data io train".split()
# What a folder may include beside itself: everything before it in the pipeline, except for these.
ALLOWED = {folder: set(PIPELINE[: PIPELINE.index(folder)]) - {"data", "io"} for folder in PIPELINE}
ALLOWED["nn"] = {"core", "graph", "autodiff", "expr"}
ALLOWED["data"] = {"core"}
ALLOWED["io"] = {"core", "data", "plan"}
ALLOWED["train"] = set(PIPELINE) | {"nn"}

HEAVY = {"iostream", "regex", "filesystem"}  # the umbrella pulls none of them in
SLOW = {"algorithm", "chrono", "functional", "iterator", "memory", "mutex", "numeric", "ranges", "thread"}  # to compile
DEVICE = re.compile(r"(thrust|cub|cuda|nv|hip|tbb)/|(cuda|omp)\w*\.h|cublas|cudnn")
INCLUDE = re.compile(r"^\s*#\s*include\s*([<\"])([^>\"]+)[>\"]")


def mistakes(root):
    """Sentences about the #include lines of the headers under `root`, a folder that holds ashlar/."""
    for path in sorted((root / "ashlar").rglob("*.hpp")):
        place = path.relative_to(root / "ashlar")
        folder = place.parts[0] if len(place.parts) > 1 else None  # None: an umbrella
        on_device = place.parts[:2] == ("backend", "thrust") or place.name == "device.hpp"
        if folder is not None and folder not in ALLOWED:
            yield f"ashlar/{place}: '{folder}' is no stage of the pipeline"
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            quote, name = match.groups()
            where = f"ashlar/{place}:{number}: "
            if quote == '"':
                yield where + f'"{name}" is included by quotes; write <ashlar/...>'
            elif name in HEAVY:
                yield where + f"<{name}> is too heavy for the umbrella"
            elif name in SLOW and not on_device:
                yield where + f"<{name}> takes too long to compile for what is used of it"
            elif DEVICE.match(name) and not on_device and (name, str(place)) != ("omp.h", "backend/cpu/thread_pool.hpp"):
                yield where + f"<{name}> belongs into backend/thrust alone"
            elif name.startswith("ashlar/"):
                target = name.split("/")[1:]
                if target[:2] == ["backend", "thrust"] and not on_device:
                    yield where + f"<{name}> comes through device.hpp only"
                elif folder is not None and len(target) == 1:
                    yield where + f"<{name}> is an umbrella; include what is used"
                elif folder is not None and target[0] not in ALLOWED[folder] | {folder}:
                    yield where + f"{folder} may not include {target[0]}"
                elif not (root / name).is_file():
                    yield where + f"<{name}> does not exist"


def prove():
    """Every kind of bad line is found, every kind of good line is not."""
    lines = {
        "graph/a.hpp": ("#include <ashlar/plan/a.hpp>", "graph may not include plan"),
        "expr/a.hpp": ("# include <ashlar/passes/a.hpp>", "expr may not include passes"),
        "nn/a.hpp": ("#include <ashlar/plan/a.hpp>", "nn may not include plan"),
        "data/a.hpp": ("#include <ashlar/graph/a.hpp>", "data may not include graph"),
        "io/a.hpp": ("#include <ashlar/train/a.hpp>", "io may not include train"),
        "core/a.hpp": ("#include <ashlar/ashlar.hpp>", "is an umbrella"),
        "core/b.hpp": ('#include "dtype.hpp"', "by quotes"),
        "core/c.hpp": ("#include <iostream>", "too heavy"),
        "core/e.hpp": ("#include <chrono>", "too long to compile"),
        "core/d.hpp": ("#include <ashlar/core/absent.hpp>", "does not exist"),
        "train/a.hpp": ("#include <ashlar/backend/thrust/a.hpp>", "through device.hpp only"),
        "backend/a.hpp": ("#include <thrust/transform.h>", "backend/thrust alone"),
        "plan/b.hpp": ("#include <omp.h>", "backend/thrust alone"),
        "backend/b.hpp": ("#include <tbb/task_arena.h>", "backend/thrust alone"),
        "misc/a.hpp": ("", "no stage of the pipeline"),
        "plan/a.hpp": ("#include <ashlar/expr/a.hpp>", None),
        "train/b.hpp": ("#include <ashlar/nn/a.hpp>", None),
        "io/b.hpp": ("#include <ashlar/plan/a.hpp>", None),
        "autodiff/a.hpp": ("#include <ashlar/graph/a.hpp>", None),
        "backend/thrust/a.hpp": ("#include <thrust/transform.h>", None),
        "backend/thrust/b.hpp": ("#include <omp.h>", None),
        "backend/cpu/thread_pool.hpp": ("#include <omp.h>", None),
        "backend/thrust/gpu/a.hpp": ("#include <hip/hip_runtime.h>", None),
        "ashlar.hpp": ("#include <ashlar/train/b.hpp>", None),
        "device.hpp": ("#include <ashlar/backend/thrust/a.hpp>", None),
    }
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, (line, _) in lines.items():
            path = root / "ashlar" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("#pragma once\n" + line + "\n")
        found = list(mistakes(root))
    for name, (line, expected) in lines.items():
        about = [sentence for sentence in found if sentence.startswith(f"ashlar/{name}:")]
        right = not about if expected is None else len(about) == 1 and expected in about[0]
        if not right:
            sys.exit(f"include_direction: the planted '{line}' in {name} gave {about}, expected: {expected}")


def main():
    if len(sys.argv) > 1:
        root = pathlib.Path(sys.argv[1])
    else:
        prove()
        root = pathlib.Path(os.environ.get("ROOT", pathlib.Path(__file__).parents[2])) / "include"
    found = list(mistakes(root))
    print("\n".join(found) if found else "every include runs along the pipeline")
    sys.exit(bool(found))


main()
