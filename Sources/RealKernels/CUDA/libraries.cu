// cuBLAS and NVML, found at run time: the one is needed, the other reads energy where there is a driver.
#include <cstdlib>

#include "cuda.h"

#ifndef LPK_EMULATED
#include <dlfcn.h>
#include <glob.h>

#include <cstdio>

static void *open_first(const char *pattern) {
  glob_t found = {};
  void *handle = nullptr;
  if (glob(pattern, 0, nullptr, &found) == 0)
    for (size_t i = 0; i < found.gl_pathc && !handle; i++) handle = dlopen(found.gl_pathv[i], RTLD_NOW | RTLD_LOCAL);
  globfree(&found);
  return handle;
}

// Where cuBLAS lies that is not on the loader's path: in a toolkit, or in a Python environment beside PyTorch.
static void *search_cublas(const char *name) {
  const char *environment = getenv("VIRTUAL_ENV");
  const char *const toolkits[] = {"/usr/local/cuda", "/usr/local/cuda-*", "/opt/cuda"};
  const char *const environments[] = {environment ? environment : "/usr", "/usr/local", "/opt/*", "/opt/*/.venv"};
  char pattern[1024];
  void *handle = nullptr;
  for (const char *toolkit : toolkits) {
    snprintf(pattern, sizeof pattern, "%s/lib64/%s", toolkit, name);
    if (!handle) handle = open_first(pattern);
  }
  for (const char *python : environments) {
    snprintf(pattern, sizeof pattern, "%s/lib/python3*/*-packages/nvidia/*/lib/%s", python, name);
    if (!handle) handle = open_first(pattern);
  }
  return handle;
}

static void *open_cublas() {
  const char *named = getenv("LPSIM_CUBLAS");
  if (named && *named) return dlopen(named, RTLD_NOW | RTLD_LOCAL);
  char name[32];
  snprintf(name, sizeof name, "libcublas.so.%d", CUDART_VERSION / 1000);
  void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!handle) handle = search_cublas(name);
  return handle ? handle : dlopen(name, RTLD_NOW | RTLD_LOCAL);  // for its sentence
}

template <typename F>
static bool find(void *handle, const char *name, F *function) {
  *function = reinterpret_cast<F>(dlsym(handle, name));
  return *function != nullptr;
}

int32_t load_blas(blas_functions *f) {
  void *handle = open_cublas();
  if (!handle)
    return lpk_fail(LPK_UNSUPPORTED, "cuBLAS %d cannot be loaded: %.200s; install it (pip install nvidia-cublas) or name "
                    "its file in LPSIM_CUBLAS", CUDART_VERSION / 1000, dlerror());
  bool complete = find(handle, "cublasCreate_v2", &f->create) && find(handle, "cublasDestroy_v2", &f->destroy) &&
                  find(handle, "cublasSetStream_v2", &f->set_stream) &&
                  find(handle, "cublasSetWorkspace_v2", &f->set_workspace) &&
                  find(handle, "cublasGemmEx", &f->gemm) && find(handle, "cublasGetVersion_v2", &f->version);
  if (!complete) return lpk_fail(LPK_UNSUPPORTED, "this cuBLAS lacks functions that it should have: %.200s", dlerror());
  find(handle, "cublasGemmGroupedBatchedEx", &f->grouped);
  return LPK_OK;
}

// As nvml.h declares them; 0 is success.
typedef int (*nvml_init_function)();
typedef int (*nvml_device_function)(const char *, void **);
typedef int (*nvml_energy_function)(void *, unsigned long long *);

static nvml_energy_function nvml_energy;

void open_nvml(lpk_device *device) {
  void *handle = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!handle) return;
  nvml_init_function init;
  nvml_device_function by_bus;
  if (!find(handle, "nvmlInit_v2", &init) || !find(handle, "nvmlDeviceGetHandleByPciBusId_v2", &by_bus) ||
      !find(handle, "nvmlDeviceGetTotalEnergyConsumption", &nvml_energy))
    return;
  // By its place on the bus: CUDA may number GPUs otherwise than NVML.
  char bus[32];
  void *found = nullptr;
  unsigned long long millijoules = 0;
  if (cudaDeviceGetPCIBusId(bus, sizeof bus, device->ordinal) != cudaSuccess) {
    cudaGetLastError();
    return;
  }
  if (init() == 0 && by_bus(bus, &found) == 0 && nvml_energy(found, &millijoules) == 0) device->nvml_device = found;
}

int32_t read_millijoules(lpk_device *device, unsigned long long *millijoules) {
  if (!device->nvml_device)
    return lpk_fail(LPK_UNSUPPORTED, "this GPU's energy cannot be read: NVML is missing or has no counter for it");
  int status = nvml_energy(device->nvml_device, millijoules);
  if (status != 0) return lpk_fail(LPK_FAILED, "NVML's energy counter answers with error %d", status);
  return LPK_OK;
}
#endif
