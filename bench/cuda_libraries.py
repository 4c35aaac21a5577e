# SPDX-License-Identifier: MIT
"""Where NVIDIA's libraries lie that a CUDA toolkit may lack and Python's packages bring along: cuDNN and cuBLASLt, with
their headers. By itself it prints nvcc's options for these on the first line, and on the second the folders that the
loader is to look through; both lines are empty where nothing is missing, or nothing found."""

import ctypes
import os
import pathlib
import shutil
import subprocess
import sys

FOLDERS = """
import importlib.util, pathlib
spec = importlib.util.find_spec("nvidia")
for root in spec.submodule_search_locations if spec else []:
    for file in sorted(pathlib.Path(root).glob("*/include/*.h")) + sorted(pathlib.Path(root).glob("*/lib/*.so*")):
        print(file)
"""
LIBRARIES = {"cudnn.h": "libcudnn.so", "cublasLt.h": "libcublasLt.so"}


def nvcc():
    return shutil.which("nvcc", path=os.environ.get("PATH", "") + os.pathsep + "/usr/local/cuda/bin")


def has_header(header):
    toolkit = pathlib.Path(nvcc()).resolve().parents[1] if nvcc() else None
    words = [os.environ.get("NVCC_CCBIN") or "g++", "-x", "c++", "-E", *(["-I", str(toolkit / "include")] if toolkit else []), "-"]
    text = f"#if !__has_include(<{header}>)\n#error there is none\n#endif\n"
    return subprocess.run(words, input=text, capture_output=True, text=True).returncode == 0


def is_loaded(library):
    """Whether the loader finds a library, of any version, as a program does."""
    for major in "", *(f".{number}" for number in range(8, 20)):
        try:
            ctypes.CDLL(library + major, mode=os.RTLD_LAZY)
            return True
        except OSError:
            pass
    return False


def folders(pythons=(sys.executable, "python3")):
    """(folders of headers, folders of libraries) that are to be added."""
    headers = {header for header in LIBRARIES if not has_header(header)}
    libraries = {library for library in LIBRARIES.values() if not is_loaded(library)}
    for python in dict.fromkeys(pythons) if headers or libraries else ():
        found = subprocess.run([python, "-c", FOLDERS], capture_output=True, text=True) if shutil.which(python) else None
        files = [pathlib.Path(line) for line in found.stdout.splitlines()] if found and found.returncode == 0 else []
        if any(file.name == "cudnn.h" for file in files):
            return ([*dict.fromkeys(str(file.parent) for file in files if file.name in headers)],
                    [*dict.fromkeys(str(file.parent) for file in files
                                    if any(file.name.startswith(library) for library in libraries))])
    return [], []


def options(include):
    """Of nvcc: behind the toolkit's own, of which these folders may hold another version."""
    return [word for folder in include for word in ("-Xcompiler", f"-idirafter,{folder}")]


if __name__ == "__main__":
    include, load = folders()
    print(" ".join(options(include)))
    print(":".join(load))
