// SPDX-License-Identifier: MIT
#pragma once
#include <ashlar/backend/thrust/gpu/runtime.hpp>

namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI {

/// A reduction over the threads of a block as CUB has it, by halves in shared memory: for runtimes without CUB.
template <class T, int Threads>
class tree_reduction {
  static_assert((Threads & (Threads - 1)) == 0);

 public:
  struct TempStorage {
    T value[Threads];
  };
  __device__ explicit tree_reduction(TempStorage& storage) : storage_(storage) {}
  /// combine(...) of every thread's value, in thread 0.
  template <class Combine>
  __device__ T Reduce(T own, Combine combine) {
    int const rank = static_cast<int>(threadIdx.x);
    storage_.value[rank] = own;
    __syncthreads();
    for (int half = Threads / 2; half; half /= 2) {
      if (rank < half) storage_.value[rank] = combine(storage_.value[rank], storage_.value[rank + half]);
      __syncthreads();
    }
    return storage_.value[0];
  }

 private:
  TempStorage& storage_;
};

}  // namespace ashlar::inline ASHLAR_ABI::detail::inline ASHLAR_DEVICE_ABI
