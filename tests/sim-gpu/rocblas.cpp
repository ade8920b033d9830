// SPDX-License-Identifier: MIT
// Matrix products by rocBLAS on the GPU, checked against products in double on the processor:
//
//   rocblas LIBRARY s|h TRANSPOSED_A TRANSPOSED_B M N K ...     (n or t; as many products as
//   follow)
//
// Each is done twice: with numbers so small that every partial sum is exact, where no bit may
// differ, and with fractions, where the error may be what K roundings make of it. The library has
// no headers here, its C interface is declared below.
#ifndef __HIP_PLATFORM_AMD__
#define __HIP_PLATFORM_AMD__ 1
#endif
#include <dlfcn.h>
#include <hip/hip_runtime_api.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace {

using Half = _Float16;

void require(bool right, const char* what) {
  if (!right) {
    std::printf("FAILED %s\n", what);
    std::exit(1);
  }
}

struct Rocblas {
  void* handle = nullptr;
  template <class T>
  using Gemm = int (*)(void* handle, int transposed_a, int transposed_b, int m, int n, int k,
                       const T* alpha, const T* a, int lda, const T* b, int ldb, const T* beta,
                       T* c, int ldc);
  Gemm<float> sgemm = nullptr;
  Gemm<Half> hgemm = nullptr;

  explicit Rocblas(const char* path) {
    void* const library = dlopen(path, RTLD_NOW);
    require(library != nullptr, library == nullptr ? dlerror() : "");
    const auto create = reinterpret_cast<int (*)(void**)>(dlsym(library, "rocblas_create_handle"));
    sgemm = reinterpret_cast<Gemm<float>>(dlsym(library, "rocblas_sgemm"));
    hgemm = reinterpret_cast<Gemm<Half>>(dlsym(library, "rocblas_hgemm"));
    require(create != nullptr && sgemm != nullptr && hgemm != nullptr, "rocBLAS's functions");
    require(create(&handle) == 0, "rocblas_create_handle");
  }
  [[nodiscard]] Gemm<float> gemm(float /*type*/) const { return sgemm; }
  [[nodiscard]] Gemm<Half> gemm(Half /*type*/) const { return hgemm; }
};

struct Shape {
  bool transposed_a, transposed_b;
  int m, n, k;
};

template <class T>
struct Matrix {
  std::vector<T> words;
  void* gpu = nullptr;
  int rows;

  template <class Number>
  Matrix(int rows_of_it, int columns, Number number)
      : words(static_cast<size_t>(rows_of_it) * static_cast<size_t>(columns)), rows(rows_of_it) {
    for (T& word : words) {
      word = static_cast<T>(number());
    }
    require(hipMalloc(&gpu, bytes()) == hipSuccess, "hipMalloc");
    require(hipMemcpy(gpu, words.data(), bytes(), hipMemcpyHostToDevice) == hipSuccess,
            "hipMemcpy");
  }
  Matrix(const Matrix&) = delete;
  Matrix& operator=(const Matrix&) = delete;
  ~Matrix() { (void)hipFree(gpu); }
  [[nodiscard]] size_t bytes() const { return words.size() * sizeof(T); }
  [[nodiscard]] double at(int row, int column, bool transposed) const {
    const int index = transposed ? row * rows + column : column * rows + row;
    return static_cast<double>(words[static_cast<size_t>(index)]);
  }
};

// How often `c` is further from the exact product than `tolerance` times the sum of magnitudes.
template <class T>
int count_wrong(const Shape& s, const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& c,
                const std::vector<T>& result, double tolerance) {
  int wrong = 0;
  for (int column = 0; column < s.n; ++column) {
    for (int row = 0; row < s.m; ++row) {
      double sum = 0.5 * c.at(row, column, false);
      double magnitudes = std::fabs(sum);
      for (int k = 0; k < s.k; ++k) {
        const double product = 2 * a.at(row, k, s.transposed_a) * b.at(k, column, s.transposed_b);
        sum += product;
        magnitudes += std::fabs(product);
      }
      const auto got = static_cast<double>(result[static_cast<size_t>(column * s.m + row)]);
      wrong += std::fabs(got - sum) <= tolerance * magnitudes ? 0 : 1;
    }
  }
  return wrong;
}

template <class T, class Number>
int multiply(const Rocblas& rocblas, const Shape& s, Number number, double tolerance) {
  const Matrix<T> a(s.transposed_a ? s.k : s.m, s.transposed_a ? s.m : s.k, number);
  const Matrix<T> b(s.transposed_b ? s.n : s.k, s.transposed_b ? s.k : s.n, number);
  const Matrix<T> c(s.m, s.n, number);
  const auto alpha = static_cast<T>(2);
  const auto beta = static_cast<T>(0.5);
  const auto operation = [](bool transposed) { return transposed ? 112 : 111; };
  const int status = rocblas.gemm(T{})(
      rocblas.handle, operation(s.transposed_a), operation(s.transposed_b), s.m, s.n, s.k, &alpha,
      static_cast<const T*>(a.gpu), a.rows, static_cast<const T*>(b.gpu), b.rows, &beta,
      static_cast<T*>(c.gpu), c.rows);
  require(status == 0, "the product");
  std::vector<T> result(c.words.size());
  require(hipMemcpy(result.data(), c.gpu, c.bytes(), hipMemcpyDeviceToHost) == hipSuccess,
          "hipMemcpy");
  return count_wrong(s, a, b, c, result, tolerance);
}

template <class T>
int check(const Rocblas& rocblas, const Shape& s, double epsilon) {
  std::mt19937 random(42);
  const auto even = [&] { return 2 * (static_cast<int>(random() % 3) - 1); };  // halves stay whole
  const auto fraction = [&] { return std::uniform_real_distribution<>(-1, 1)(random); };
  const int exact = multiply<T>(rocblas, s, even, 0);
  const int rounded = multiply<T>(rocblas, s, fraction, epsilon * (s.k + 3));
  std::printf("%cgemm %c%c %d %d %d: %d of exact ones and %d of rounded ones wrong\n",
              sizeof(T) == 4 ? 's' : 'h', s.transposed_a ? 't' : 'n', s.transposed_b ? 't' : 'n',
              s.m, s.n, s.k, exact, rounded);
  std::fflush(stdout);
  return exact + rounded;
}

}  // namespace

int main(int argc, char** argv) {
  require(argc > 7, "usage: rocblas LIBRARY s|h n|t n|t M N K ...");
  const Rocblas rocblas(argv[1]);
  int wrong = 0;
  for (int i = 2; i + 6 <= argc; i += 6) {
    const Shape shape{*argv[i + 1] == 't', *argv[i + 2] == 't', std::atoi(argv[i + 3]),
                      std::atoi(argv[i + 4]), std::atoi(argv[i + 5])};
    wrong += *argv[i] == 's' ? check<float>(rocblas, shape, 0x1p-23)
                             : check<Half>(rocblas, shape, 0x1p-10);
  }
  return wrong == 0 ? 0 : 1;
}
