# SPDX-License-Identifier: MIT
"""The numbers that programs and their peers begin with, as numbers.hpp and parameters.hpp have them."""

import numpy

BATCHES = 8
OF_INPUTS, OF_TARGETS, OF_PROJECTIONS = 1000, 1001, 2000


def numbers(count, stream):
    h = numpy.arange(count, dtype=numpy.uint32) * numpy.uint32(2654435761) + numpy.uint32(stream * 40503 & 0xFFFFFFFF)
    h ^= h >> numpy.uint32(16)
    h *= numpy.uint32(0x85EBCA6B)
    h ^= h >> numpy.uint32(13)
    return (h >> numpy.uint32(8)).astype(numpy.float32) * numpy.float32(2.0**-24) - numpy.float32(0.5)


def indices(size, stream, count):
    return ((numbers(size, stream) + numpy.float32(0.5)) * numpy.float32(count)).astype(numpy.int32)


def stream_of(name):
    h = 2166136261
    for c in name.encode():
        h = (h ^ c) * 16777619 & 0xFFFFFFFF
    return h
