# SPDX-License-Identifier: MIT
# Doxygen reads each public header through this: awk -f doxygen_filter.awk HEADER. Lines keep their numbers.
# - The header gets a page.
# - The inline namespaces, whose names are macros, are left out.
# - A label of a docstring (shape, units, gradient, cost, errors, source) begins a paragraph of that name; `example` a
#   block of code that ends with the docstring or at the next label.

# Prints the line before this one; `ends` says that a docstring or its label ended there.
function print_held(ends) {
  if (NR > 1) print held (ends && in_example ? " @endcode" : "")
  if (ends) in_example = 0
}

FNR == 1 && /SPDX/ { $0 = "/** @file */" }

# What stands above the namespace is about the whole header, but for config.hpp, which has none.
!in_namespace && FILENAME !~ /\/config\.hpp$/ && /^\/\/\/ / && !described { described = sub("/// ", "/// @header ") }

sub(/namespace ashlar::inline ASHLAR_ABI/, "namespace ashlar") { in_namespace = 1 }
{ sub(/::inline ASHLAR_DEVICE_ABI/, "") }

/^ *\/\/\/ / {
  print_held(match($0, /^ *\/\/\/ (shape|units|gradient|cost|errors|source|example): /))
  if (!in_example) {
    for (i = split("shape units gradient cost errors source", labels, " "); i > 0; --i) {
      sub("/// " labels[i] ": ", "/// @" labels[i] " ")
      sub("  " labels[i] ": ", " @" labels[i] " ")
    }
    in_example = sub(/\/\/\/ example: /, "/// @usage ")
  }
  held = $0
  next
}

{
  print_held(1)
  held = $0
}

END { print held }
