#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes throws.csv: how far 1,200 balls fly, by the parabola of school and an error of measurement."""

import math
import pathlib
import random

GRAVITY = 9.81  # m/s^2
ERROR = 0.5  # m, the standard deviation of the measured distance

random = random.Random(7)
lines = ["speed,angle,height,distance"]
for _ in range(1200):
    speed = round(random.uniform(5, 20), 2)  # m/s
    angle = round(random.uniform(10, 80), 1)  # degrees above the horizon
    height = round(random.uniform(0, 10), 2)  # m above the ground
    across = speed * math.cos(math.radians(angle))
    up = speed * math.sin(math.radians(angle))
    seconds = (up + math.sqrt(up * up + 2 * GRAVITY * height)) / GRAVITY
    distance = across * seconds + random.gauss(0, ERROR)  # m
    lines.append(f"{speed},{angle},{height},{distance:.2f}")
(pathlib.Path(__file__).parent / "throws.csv").write_text("\n".join(lines) + "\n")
