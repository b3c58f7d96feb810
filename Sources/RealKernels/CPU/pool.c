// The threads of a CPU device.
#include <stdlib.h>
#include <time.h>

#include "cpu.h"

static void take_pieces(lpk_device *device, int worker) {
  for (;;) {
    int64_t piece = atomic_fetch_add_explicit(&device->next_piece, 1, memory_order_relaxed);
    if (piece >= device->piece_count) return;
    device->piece(device->context, piece, worker);
  }
}

static void *work(void *argument) {
  struct cpu_worker *worker = argument;
  lpk_device *device = worker->device;
  int64_t seen = 0;
  pthread_mutex_lock(&device->mutex);
  for (;;) {
    while (device->generation == seen && !device->closing) pthread_cond_wait(&device->begin, &device->mutex);
    if (device->closing) break;
    seen = device->generation;
    pthread_mutex_unlock(&device->mutex);
    take_pieces(device, worker->index);
    pthread_mutex_lock(&device->mutex);
    device->idle_workers++;
    pthread_cond_signal(&device->end);
  }
  pthread_mutex_unlock(&device->mutex);
  return NULL;
}

void cpu_run(lpk_device *device, int64_t pieces, cpu_piece piece, void *context) {
  if (device->threads == 1 || pieces <= 1) {
    for (int64_t i = 0; i < pieces; i++) piece(context, i, 0);
    return;
  }
  pthread_mutex_lock(&device->mutex);
  device->piece = piece;
  device->context = context;
  device->piece_count = pieces;
  atomic_store_explicit(&device->next_piece, 0, memory_order_relaxed);
  device->idle_workers = 0;
  device->generation++;
  pthread_cond_broadcast(&device->begin);
  pthread_mutex_unlock(&device->mutex);
  take_pieces(device, 0);
  pthread_mutex_lock(&device->mutex);
  while (device->idle_workers < device->threads - 1) pthread_cond_wait(&device->end, &device->mutex);
  pthread_mutex_unlock(&device->mutex);
}

// Worker 0 is whoever calls cpu_run. Returns how many there are, the caller included.
int cpu_pool_start(lpk_device *device, int threads) {
  pthread_mutex_init(&device->mutex, NULL);
  pthread_cond_init(&device->begin, NULL);
  pthread_cond_init(&device->end, NULL);
  device->workers = calloc((size_t)threads, sizeof *device->workers);
  if (!device->workers) return 0;
  for (int i = 0; i < threads; i++) {
    device->workers[i].device = device;
    device->workers[i].index = i;
    if (i > 0 && pthread_create(&device->workers[i].thread, NULL, work, &device->workers[i])) return i;
  }
  return threads;
}

void cpu_pool_stop(lpk_device *device, int started) {
  pthread_mutex_lock(&device->mutex);
  device->closing = true;
  pthread_cond_broadcast(&device->begin);
  pthread_mutex_unlock(&device->mutex);
  for (int i = 1; i < started; i++) pthread_join(device->workers[i].thread, NULL);
  if (device->workers)
    for (int i = 0; i < started; i++) free(device->workers[i].scratch);
  free(device->workers);
  pthread_cond_destroy(&device->begin);
  pthread_cond_destroy(&device->end);
  pthread_mutex_destroy(&device->mutex);
}

static bool grow(void **data, size_t *have, size_t bytes) {
  if (bytes <= *have) return true;
  size_t padded = (bytes + 4095) / 4096 * 4096;
  void *larger = aligned_alloc(64, padded);
  if (!larger) return false;
  free(*data);
  *data = larger;
  *have = padded;
  return true;
}

void *cpu_scratch(lpk_device *device, int use, size_t bytes) {
  return grow(&device->scratch[use], &device->scratch_bytes[use], bytes ? bytes : 1) ? device->scratch[use] : NULL;
}

bool cpu_worker_scratch(lpk_device *device, size_t floats) {
  for (int i = 0; i < device->threads; i++) {
    struct cpu_worker *worker = &device->workers[i];
    if (!grow((void **)&worker->scratch, &worker->scratch_bytes, floats * sizeof(float))) return false;
  }
  return true;
}

int32_t cpu_no_memory(const char *what) { return lpk_fail(LPK_OUT_OF_MEMORY, "%s: no memory for scratch", what); }

double cpu_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}
