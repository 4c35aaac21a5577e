// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <ashlar/ashlar.hpp>

#include "io/temporary_folder.hpp"
#include "support/elements_of.hpp"
#include "train/clusters.hpp"

using namespace ashlar;

namespace {

inline constexpr auto network = linear<4> | batch_norm | relu | linear<3>;

auto made(int number) { return model(network, input<2>, cpu, seed{number}); }

// A model whose states are not those it began with.
auto trained() {
  auto net = made(1);
  auto t = make_trainer(net, cross_entropy, sgd{.learning_rate = 0.1f}, batch<8>);
  dataset<2> const data = clusters(24, 1);
  for (auto rows : batches(data, 8)) t.step(rows);
  return net;
}

std::string read_all(std::string const& file) {
  std::string bytes;
  std::FILE* const in = std::fopen(file.c_str(), "rb");
  REQUIRE(in != nullptr);
  for (int c; (c = std::fgetc(in)) != EOF;) bytes += static_cast<char>(c);
  std::fclose(in);
  return bytes;
}

// The tensors that save would write, to be changed by a test.
struct saved_tensors {
  explicit saved_tensors(decltype(made(1)) const& net) {
    net.each_variable([&](parameter_reference const& p, auto const&) {
      auto const& copy = copies.emplace_back(proof::elements_of<std::byte>(p));
      all.push_back({p.name(), p.type(), p.shape(), copy.data()});
    });
  }
  named_tensor& operator[](std::string const& name) {
    for (named_tensor& t : all)
      if (t.name == name) return t;
    throw error("no " + name);
  }
  std::vector<named_tensor> all;
  std::vector<std::vector<std::byte>> copies;
};

// What `load` says about the file, without the file's name; the model must be as it was, unless it says nothing.
std::string refusal(std::string const& file) {
  auto net = made(2);
  std::string const before = bytes_of_model(net);
  try {
    load(net, file);
  } catch (error const& problem) {
    CHECK(bytes_of_model(net) == before);
    CHECK(problem.file == file);
    std::string const message = problem.what();
    CHECK(message.substr(0, file.size() + 2) == file + ": ");
    return message.substr(file.size() + 2);
  }
  CHECK(bytes_of_model(net) != before);
  return "none";
}

std::string refusal_of(saved_tensors const& tensors) {
  temporary_folder const folder;
  write_safetensors(folder.file("x.safetensors"), tensors.all);
  return refusal(folder.file("x.safetensors"));
}

}  // namespace

TEST_CASE("files: a model of another seed becomes the saved one, states included") {
  temporary_folder const folder;
  auto const net = trained();
  save(net, folder.file("m.safetensors"));
  auto again = made(2);
  dataset<2> const data = clusters(30, 5);
  CHECK(bytes_of_model(again) != bytes_of_model(net));
  load(again, folder.file("m.safetensors"));
  CHECK(bytes_of_model(again) == bytes_of_model(net));
  CHECK(predict(again, data) == predict(net, data));
  CHECK(static_cast<tensor<std::int64_t>>(again.parameter("1.num_batches_tracked")) == 3);
}

namespace {

// Panels, a loop, what is frozen, states and random numbers.
inline constexpr auto resumed =
    linear<64> | batch_norm | dropout<0.25> | repeat<2>(linear<64> | tanh) | frozen(linear<16>) | relu | linear<3>;

/// A file's bytes with another value of a metadata key.
std::string with_metadata(std::string bytes, std::string const& key, std::string const& value) {
  auto const at = bytes.find("\"" + key + "\":\"") + key.size() + 4, end = bytes.find('"', at);
  bytes.replace(at, end - at, value);
  std::uint64_t length = 0;  // of the header, which the file begins with
  std::memcpy(&length, bytes.data(), sizeof length);
  length += value.size() - (end - at);
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes;
}

/// A trainer that is saved after some steps and read by another one, of another seed, goes on as itself.
template <class Optimizer>
void check_resumed(char const* name, Optimizer const& optimizer) {
  CAPTURE(name);
  temporary_folder const folder;
  std::string const file = folder.file("t.safetensors");
  dataset<2> const data = clusters(24, 1);
  auto net = model(resumed, input<2>, cpu, seed{1}), other = model(resumed, input<2>, cpu, seed{2});
  auto t = make_trainer(net, cross_entropy, optimizer, batch<8>);
  make_trainer(other, cross_entropy, optimizer, batch<8>);
  auto again = make_trainer(other, cross_entropy, optimizer, batch<8>);
  for (auto rows : batches(data, 8)) t.step(rows);
  again.step(*batches(data, 8).begin());
  save(t, file);
  load(again, file);
  CHECK(again.steps() == 3);
  CHECK(bytes_of_model(other) == bytes_of_model(net));
  for (int epoch = 0; epoch < 2; ++epoch)
    for (auto rows : batches(data, 8)) CHECK(again.step(rows) == t.step(rows));
  CHECK(again.steps() == 9);
  CHECK(bytes_of_model(other) == bytes_of_model(net));
  save(t, file);
  save(again, folder.file("again.safetensors"));
  CHECK(read_all(file) == read_all(folder.file("again.safetensors")));
}

}  // namespace

TEST_CASE("files: a trainer that is read goes on as the saved one would have, bit for bit") {
  check_resumed("sgd", sgd{.learning_rate = 0.1f});
  check_resumed("momentum", sgd{.learning_rate = 0.1f, .momentum = 0.9f});
  check_resumed("clipped, over several steps", clip_by_norm{1} | accumulate<2> | adam{.learning_rate = 1e-2f});
}

TEST_CASE("files: a trainer's file holds its model, and nothing of another one is read into a trainer") {
  temporary_folder const folder;
  std::string const file = folder.file("t.safetensors");
  auto net = made(1);
  auto t = make_trainer(net, cross_entropy, adam{}, batch<8>);
  dataset<2> const data = clusters(24, 1);
  for (auto rows : batches(data, 8)) t.step(rows);
  save(t, file);
  auto read = made(2);
  load(read, file);
  CHECK(bytes_of_model(read) == bytes_of_model(net));

  auto other = made(3);
  auto learner = make_trainer(other, cross_entropy, adam{}, batch<4>);
  auto plain = make_trainer(other, cross_entropy, sgd{}, batch<8>);
  std::string const before = bytes_of_model(other), whole = read_all(file);
  CHECK(complaint_of([&] { load(plain, file); }).find("tensor 'optimizer/momentum_buffer/0.weight'") !=
        std::string::npos);
  auto summing = make_trainer(other, cross_entropy, adagrad{}, batch<8>);
  save(plain, folder.file("plain.safetensors"));  // as many tensors, which mean something else
  CHECK(complaint_of([&] {
          load(summing, folder.file("plain.safetensors"));
        }).find("tensor 'optimizer/sum/0.weight'") != std::string::npos);
  auto twos = make_trainer(other, cross_entropy, accumulate<2> | sgd{}, batch<8>);
  auto fours = make_trainer(other, cross_entropy, accumulate<4> | sgd{}, batch<8>);
  save(fours, folder.file("fours.safetensors"));
  CHECK(complaint_of([&] {
          load(twos, folder.file("fours.safetensors"));
        }).find("tensor 'optimizer/1.gradients_of_2/0.weight'") != std::string::npos);
  for (char const* steps :
       {"-1", "1e3", "", " 3", "4611686018427387905", "18446744073709551616", "99999999999999999999"})
    for (char const* key : {"steps", "random_seed"}) {
      CAPTURE(steps);
      if (key[0] == 'r' && steps[0] == '4') continue;  // seeds have 64 bits
      put(file, with_metadata(whole, key, steps));
      CHECK(complaint_of([&] { load(learner, file); }).find(std::string(key)) != std::string::npos);
    }
  put(file, with_metadata(whole, "random_seed", "18446744073709551615"));
  load(learner, file);
  CHECK(learner.random_seed() == ~std::uint64_t{0});
  learner.resume(0, 1);
  CHECK(complaint_of([&] { learner.resume(-1, 1); }).find("given -1") != std::string::npos);
  load(other, folder.file("fours.safetensors"));
  put(file, whole.substr(0, whole.size() - 4));
  CHECK(complaint_of([&] { load(learner, file); }).find("found ") != std::string::npos);
  save(net, file);
  CHECK(complaint_of([&] { load(learner, file); }).find("tensor 'optimizer/exp_avg/0.weight'") != std::string::npos);
  CHECK(bytes_of_model(other) == before);
  CHECK(learner.steps() == 0);
  put(file, whole);
  load(learner, file);
  CHECK(learner.steps() == 3);
  CHECK(bytes_of_model(other) == bytes_of_model(net));
}

TEST_CASE("files: the tensors have PyTorch's names, shapes and dtypes, and the file says that it is PyTorch's") {
  temporary_folder const folder;
  save(made(1), folder.file("m.safetensors"));
  safetensors_file const file(folder.file("m.safetensors"));
  struct stored {
    char const* name;
    char const* dtype;
    std::vector<std::int64_t> extents;
  };
  stored const expected[] = {{"0.weight", "F32", {4, 2}},
                             {"0.bias", "F32", {4}},
                             {"1.weight", "F32", {4}},
                             {"1.bias", "F32", {4}},
                             {"1.running_mean", "F32", {4}},
                             {"1.running_var", "F32", {4}},
                             {"1.num_batches_tracked", "I64", {}},
                             {"3.weight", "F32", {3, 4}},
                             {"3.bias", "F32", {3}}};
  CHECK(file.entries().size() == 9);
  for (stored const& each : expected) {
    CAPTURE(each.name);
    safetensors_entry const* const entry = file.find(each.name);
    REQUIRE(entry != nullptr);
    CHECK(entry->dtype_name == each.dtype);
    CHECK(std::vector<std::int64_t>(entry->extents.begin(), entry->extents.end()) == each.extents);
  }
  REQUIRE(file.metadata().size() == 1);
  CHECK(file.metadata()[0] == std::pair<std::string, std::string>{"format", "pt"});
}

TEST_CASE("files: saving twice writes the same bytes, in place of the old file") {
  temporary_folder const folder;
  save(made(1), folder.file("a.safetensors"));
  save(made(2), folder.file("b.safetensors"));
  CHECK(read_all(folder.file("a.safetensors")) != read_all(folder.file("b.safetensors")));
  save(made(1), folder.file("b.safetensors"));
  CHECK(read_all(folder.file("a.safetensors")) == read_all(folder.file("b.safetensors")));
  CHECK(folder.leaves() == std::vector<std::string>{"a.safetensors", "b.safetensors"});
}

TEST_CASE("files: the order of the tensors in a file does not matter") {
  auto const net = trained();
  saved_tensors tensors(net);
  std::swap(tensors["0.weight"], tensors["3.bias"]);
  CHECK(refusal_of(tensors) == "none");
}

TEST_CASE("files: what cannot be written is refused, and the old file stays") {
  temporary_folder const folder;
  CHECK(complaint_of([&] {
          save(made(1), folder.file("none/m.safetensors"));
        }).find("none/m.safetensors: cannot create ") != std::string::npos);
  CHECK(folder.leaves().empty());
  CHECK(complaint_of([&] { save(made(1), folder.name); }).find("found a folder or device, expected a file") !=
        std::string::npos);
  if (geteuid() == 0) return;  // whom permissions do not stop
  save(made(1), folder.file("m.safetensors"));
  std::string const before = read_all(folder.file("m.safetensors"));
  chmod(folder.name.c_str(), 0500);
  CHECK(complaint_of([&] { save(made(2), folder.file("m.safetensors")); }) != "none");
  chmod(folder.name.c_str(), 0700);
  CHECK(read_all(folder.file("m.safetensors")) == before);
}

TEST_CASE("files: a missing file is refused") {
  temporary_folder const folder;
  CHECK(refusal(folder.file("none.safetensors")) == "cannot be opened: No such file or directory");
}

TEST_CASE("files: a truncated file is refused wherever it ends, and nothing is loaded") {
  temporary_folder const folder;
  save(trained(), folder.file("m.safetensors"));
  std::string const whole = read_all(folder.file("m.safetensors"));
  std::string const cut = folder.file("cut.safetensors");
  put(cut, whole);
  CHECK(refusal(cut) == "none");
  for (std::size_t bytes = 0; bytes < whole.size(); bytes += bytes < 16 ? 1 : 37) {
    CAPTURE(bytes);
    put(cut, whole.substr(0, bytes));
    std::string const said = refusal(cut);
    CHECK(said != "none");
    CHECK(said.find("found ") != std::string::npos);
    CHECK(said.find("expected ") != std::string::npos);
  }
  put(cut, whole.substr(0, 5));
  CHECK(refusal(cut) == "header length: found a file of 5 bytes, expected at least 8");
}

TEST_CASE("files: a corrupt header is refused with the place, and nothing is loaded") {
  temporary_folder const folder;
  save(trained(), folder.file("m.safetensors"));
  std::string const whole = read_all(folder.file("m.safetensors"));
  std::string const changed = folder.file("changed.safetensors");
  std::string bytes = whole;
  bytes[8] = 'x';
  put(changed, bytes);
  CHECK(refusal(changed) == "header: found 'x', expected '{' as its first byte");
  bytes = whole;
  bytes[7] = '\x7f';
  put(changed, bytes);
  CHECK(refusal(changed).substr(0, 15) == "header length: ");
  bytes = whole;
  bytes.replace(bytes.find("\"F32\""), 5, "\"F99\"");
  put(changed, bytes);
  CHECK(refusal(changed).find("F99") != std::string::npos);
}

TEST_CASE("files: a tensor that the file lacks is refused by name") {
  auto const net = trained();
  saved_tensors tensors(net);
  std::erase_if(tensors.all, [](named_tensor const& t) { return t.name == "3.weight"; });
  CHECK(refusal_of(tensors) == "tensor '3.weight': the file has no such tensor, the network F32 [3, 4]");
}

TEST_CASE("files: a tensor that the network lacks is refused by name") {
  auto const net = trained();
  saved_tensors tensors(net);
  float const extra[2] = {1, 2};
  tensors.all.push_back({"7.weight", dtype::float32, make_shape<2, 1>(), reinterpret_cast<std::byte const*>(extra)});
  CHECK(refusal_of(tensors) == "tensor '7.weight': the file has F32 [2, 1], the network no such tensor");
}

TEST_CASE("files: of another network's file what shares its names is read, and the rest of the model stays") {
  constexpr auto of_five = linear<4> | batch_norm | relu | named<"head">(linear<5>);
  auto const net = trained();
  auto other = model(of_five, input<2>, cpu, seed{3});
  temporary_folder const folder;
  std::string const file = folder.file("a.safetensors");
  save(net, file);
  tensor<float, 5, 4> const head = other.parameter("head.weight");
  CHECK(load_shared(other, file) == 7);
  CHECK(static_cast<tensor<float, 5, 4>>(other.parameter("head.weight")) == head);
  tensor<float, 4, 2> const read = other.parameter("0.weight"), wanted = net.parameter("0.weight");
  tensor<float, 4> const mean = other.parameter("1.running_mean"), of_net = net.parameter("1.running_mean");
  CHECK(read == wanted);
  CHECK(mean == of_net);

  auto wider = model(linear<4> | batch_norm | relu | linear<6>, input<2>, cpu, seed{4});
  tensor<float, 4, 2> const first = wider.parameter("0.weight");
  CHECK_THROWS_WITH_AS(load_shared(wider, file),
                       (file + ": tensor '3.weight': the file has F32 [3, 4], the network F32 [6, 4]").c_str(), error);
  CHECK(static_cast<tensor<float, 4, 2>>(wider.parameter("0.weight")) == first);
  auto apart = model(named<"a">(linear<4>), input<2>, cpu, seed{4});
  CHECK_THROWS_WITH_AS(load_shared(apart, file),
                       (file + ": none of its tensors has the name of one of the model").c_str(), error);
}

TEST_CASE("files: a tensor of another shape is refused with both") {
  auto const net = trained();
  saved_tensors tensors(net);
  tensors["0.weight"].extents = make_shape<2, 4>();
  CHECK(refusal_of(tensors) == "tensor '0.weight': the file has F32 [2, 4], the network F32 [4, 2]");
  tensors["0.weight"].extents = make_shape<4, 2, 1>();
  CHECK(refusal_of(tensors) == "tensor '0.weight': the file has F32 [4, 2, 1], the network F32 [4, 2]");
  tensors["0.weight"].extents = make_shape<4, 2>();
  tensors["1.num_batches_tracked"].extents = make_shape<1>();
  CHECK(refusal_of(tensors) == "tensor '1.num_batches_tracked': the file has I64 [1], the network I64 []");
}

TEST_CASE("files: a tensor of another dtype is refused with both") {
  auto const net = trained();
  saved_tensors tensors(net);
  tensors["0.bias"].type = dtype::int32;
  CHECK(refusal_of(tensors) == "tensor '0.bias': the file has I32 [4], the network F32 [4]");
}
