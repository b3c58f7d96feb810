// Opening a CPU, its buffers, and timing.
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../Common/lpk_random.h"
#include "blas.h"
#include "cpu.h"

const char backend_name[] = "cpu";

int cpu_pool_start(lpk_device *device, int threads);
void cpu_pool_stop(lpk_device *device, int started);

int32_t backend_device_count(int32_t *count) {
  *count = 1;
  return LPK_OK;
}

// Processors that this process may run on.
static int processors(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}

static void read_model_name(char *name, size_t size) {
  snprintf(name, size, "unnamed CPU");
  FILE *file = fopen("/proc/cpuinfo", "r");
  if (!file) return;
  char line[512];
  while (fgets(line, sizeof line, file)) {
    char *colon = strchr(line, ':');
    if (strncmp(line, "model name", 10) || !colon) continue;
    colon[strcspn(colon, "\n")] = 0;
    snprintf(name, size, "%.*s", (int)size - 1, colon + 2);
    break;
  }
  fclose(file);
}

// Bytes of the last-level cache; 0 if nobody says. The kernel's files know what a virtual machine got; glibc multiplies
// by the threads of the whole processor.
static long last_level_cache(void) {
  for (int index = 4; index >= 0; index--) {
    char path[80], line[32] = "", *unit = NULL;
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", index);
    FILE *file = fopen(path, "r");
    if (!file) continue;
    bool is_read = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    long size = is_read ? strtol(line, &unit, 10) : 0;
    if (size > 0) return *unit == 'K' ? size << 10 : *unit == 'M' ? size << 20 : size;
  }
  long cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
  return cache > 0 ? cache : sysconf(_SC_LEVEL2_CACHE_SIZE);
}

static void describe(lpk_device *device) {
  lpk_device_common *common = &device->common;
  read_model_name(common->name, sizeof common->name);
  snprintf(common->versions, sizeof common->versions, "%.120s, core %.40s, compiler %.60s", blas_config(),
           blas_core(), __VERSION__);
  long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE), cache = last_level_cache();
  common->capabilities = (lpk_capabilities){
      .memory_bytes = (int64_t)pages * page,
      .last_level_cache_bytes = cache > 0 ? cache : 0,
      .processors = device->threads,
      .activation_dtype = LPK_F32,
      .weight_dtypes = 1 << LPK_F32 | 1 << LPK_BF16,
      .cache_dtypes = 1 << LPK_F32 | 1 << LPK_BF16,
  };
}

int32_t backend_open(int32_t ordinal, int32_t threads, lpk_device **out) {
  if (ordinal != 0) return lpk_fail(LPK_NO_DEVICE, "there is no CPU %d; the CPU backend has device 0 only", ordinal);
  if (threads < 0 || threads > 4096)
    return lpk_fail(LPK_INVALID_ARGUMENT, "%d threads; expected 1 to 4096, or 0 for all", threads);
  int32_t loaded = blas_load();
  if (loaded != LPK_OK) return loaded;
  lpk_device *device = calloc(1, sizeof *device);
  if (!device) return lpk_fail(LPK_OUT_OF_MEMORY, "no memory for a device");
  device->threads = threads ? threads : processors();
  int started = cpu_pool_start(device, device->threads);
  if (started < device->threads) {
    cpu_pool_stop(device, started);
    int32_t status = lpk_fail(LPK_FAILED, "%d threads could not be started", device->threads);
    free(device);
    return status;
  }
  describe(device);
  *out = device;
  return LPK_OK;
}

void backend_close(lpk_device *device) {
  cpu_pool_stop(device, device->threads);
  for (int i = 0; i < SCRATCH_COUNT; i++) free(device->scratch[i]);
  free(device);
}

int32_t backend_synchronize(lpk_device *device) {
  (void)device;
  return LPK_OK;
}

int32_t backend_allocate(lpk_device *device, size_t bytes, void **data) {
  *data = NULL;
  size_t padded = (bytes + 63) / 64 * 64;
  // Linux would promise more than there is and kill us when it is touched.
  if (padded > (size_t)device->common.capabilities.memory_bytes || !(*data = aligned_alloc(64, padded)))
    return lpk_fail(LPK_OUT_OF_MEMORY, "no memory for a buffer of %zu bytes; the machine has %lld", bytes,
                    (long long)device->common.capabilities.memory_bytes);
  return LPK_OK;
}

void backend_release(lpk_device *device, void *data) {
  (void)device;
  free(data);
}

enum { CHUNK = 1 << 16 };

struct fill {
  lpk_view view;
  int64_t count;
  uint64_t seed;
  float scale;
};

static void fill_piece(void *context, int64_t piece, int worker) {
  (void)worker;
  const struct fill *fill = context;
  int64_t first = piece * CHUNK, last = first + CHUNK < fill->count ? first + CHUNK : fill->count;
  if (fill->view.buffer->dtype == LPK_BF16) {
    uint16_t *values = lpk_data(fill->view);
    for (int64_t i = first; i < last; i++) values[i] = cpu_to_bf16(fill->scale * lpk_uniform(fill->seed, (uint64_t)i));
  } else {
    float *values = lpk_data(fill->view);
    for (int64_t i = first; i < last; i++) values[i] = fill->scale * lpk_uniform(fill->seed, (uint64_t)i);
  }
}

int32_t backend_fill_random(lpk_view view, int64_t count, uint64_t seed, float scale) {
  struct fill fill = {view, count, seed, scale};
  cpu_run(view.buffer->device, (count + CHUNK - 1) / CHUNK, fill_piece, &fill);
  return LPK_OK;
}

int32_t backend_fill_poison(lpk_view view, int64_t count) {
  memset(lpk_data(view), 0xff, (size_t)count * lpk_element_bytes(view.buffer->dtype));
  return LPK_OK;
}

int32_t backend_upload(lpk_view view, int64_t count, const void *values) {
  if (view.buffer->dtype != LPK_BF16) {
    memcpy(lpk_data(view), values, (size_t)count * 4);
    return LPK_OK;
  }
  uint16_t *narrow = lpk_data(view);
  for (int64_t i = 0; i < count; i++) narrow[i] = cpu_to_bf16(((const float *)values)[i]);
  return LPK_OK;
}

int32_t backend_download(lpk_view view, int64_t count, void *values) {
  if (view.buffer->dtype == LPK_BF16)
    cpu_widen(lpk_data(view), LPK_BF16, 0, count, values);
  else
    memcpy(values, lpk_data(view), (size_t)count * 4);
  return LPK_OK;
}

int32_t backend_program_run(lpk_program *program) { return lpk_run_steps(program); }

void backend_program_release(lpk_program *program) { (void)program; }

// Reads through twice the last-level cache, so that nothing of before is in it. Written lines would not do: what is
// timed next would have to wait until they are back in memory.
static int32_t evict(lpk_device *device) {
  size_t cache = (size_t)device->common.capabilities.last_level_cache_bytes;
  size_t bytes = 2 * (cache ? cache : (size_t)64 << 20);
  bool is_new = device->scratch_bytes[SCRATCH_EVICT] < bytes;
  char *memory = cpu_scratch(device, SCRATCH_EVICT, bytes);
  if (!memory) return cpu_no_memory("program_time");
  // Memory that was never written is one page of zeros many times over.
  if (is_new) memset(memory, 1, bytes);
  for (size_t i = 0; i < bytes; i += 64) (void)*(volatile char *)(memory + i);
  return LPK_OK;
}

int32_t backend_program_time(lpk_program *program, int32_t repeats, int32_t evict_caches, double *seconds) {
  int32_t status = lpk_run_steps(program);
  for (int32_t i = 0; i < repeats && status == LPK_OK; i++) {
    if (evict_caches) status = evict(program->device);
    if (status != LPK_OK) break;
    double start = cpu_seconds();
    status = lpk_run_steps(program);
    seconds[i] = cpu_seconds() - start;
  }
  return status;
}

static int32_t no_energy(void) { return lpk_fail(LPK_UNSUPPORTED, "energy is not measured on the CPU"); }

int32_t backend_program_energy(lpk_program *program, double least_seconds, double *joules, double *seconds,
                               int64_t *runs) {
  (void)program, (void)least_seconds, (void)joules, (void)seconds, (void)runs;
  return no_energy();
}

int32_t backend_idle_power(lpk_device *device, double seconds, double *watts) {
  (void)device, (void)seconds, (void)watts;
  return no_energy();
}
