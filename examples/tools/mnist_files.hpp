// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "data_path.hpp"
#include "output_path.hpp"

namespace ashlar_examples {

namespace detail {

/// A word for the shell, whatever it holds.
inline std::string quoted(std::string const& text) {
  std::string out = "'";
  for (char letter : text) out += letter == '\'' ? "'\\''" : std::string(1, letter);
  return out + "'";
}

/// The file `name` of a folder; where only name.gz is there, its contents in a file beside the other outputs.
/// errors: std::runtime_error where there is neither, or gzip does not unpack it
inline std::string unpacked(std::string const& folder, char const* name) {
  std::string const file = folder + '/' + name, packed = file + ".gz";
  if (readable(file)) return file;
  if (!readable(packed)) throw std::runtime_error(file + ": there is neither this file nor " + name + ".gz");
  std::string const out = output_path(name), part = out + ".part";
  std::string const line =
      "gzip -dc -- " + quoted(packed) + " > " + quoted(part) + " && mv -- " + quoted(part) + ' ' + quoted(out);
  if (std::system(line.c_str()) != 0) throw std::runtime_error(packed + ": it could not be unpacked by: " + line);
  return out;
}

}  // namespace detail

/// The four files of MNIST.
struct mnist_files {
  std::string train_images, train_labels, test_images, test_labels;
};

/// The folder that holds MNIST: $ASHLAR_DATA/mnist, or shared/data/mnist beside the repository; empty where there is
/// none.
inline std::string mnist_folder() {
  std::vector<std::string> folders;
  if (char const* data = std::getenv("ASHLAR_DATA")) folders.push_back(std::string(data) + "/mnist");
  folders.push_back(detail::folder_of(detail::folder_of(detail::folder_of(__FILE__))) + "../shared/data/mnist");
  for (std::string folder = detail::folder_of_this_program(); folder.size() > 1; folder = detail::folder_of(folder))
    folders.push_back(folder + "shared/data/mnist");
  for (std::string const& folder : folders)
    for (char const* name : {"/train-images-idx3-ubyte", "/train-images-idx3-ubyte.gz"})
      if (detail::readable(folder + name)) return folder;
  return {};
}

/// The files of MNIST in a folder, unpacked where they are compressed.
inline mnist_files find_mnist(std::string const& folder) {
  return {detail::unpacked(folder, "train-images-idx3-ubyte"), detail::unpacked(folder, "train-labels-idx1-ubyte"),
          detail::unpacked(folder, "t10k-images-idx3-ubyte"), detail::unpacked(folder, "t10k-labels-idx1-ubyte")};
}

}  // namespace ashlar_examples
