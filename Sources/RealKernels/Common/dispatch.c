// The face of a kernel library: everything is checked and, if a program is recorded, kept here; a backend only works.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lpk_check.h"
#include "lpk_internal.h"

static _Thread_local char error_text[512] = "";

int32_t lpk_fail(int32_t status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error_text, sizeof error_text, format, arguments);
  va_end(arguments);
  return status;
}

static const char *last_error(void) { return error_text; }
static lpk_device_common *common(lpk_device *device) { return (lpk_device_common *)device; }
static const char *device_name(lpk_device *device) { return common(device)->name; }
static const char *versions(lpk_device *device) { return common(device)->versions; }

static int32_t capabilities(lpk_device *device, lpk_capabilities *out) {
  *out = common(device)->capabilities;
  return LPK_OK;
}

// --- Programs ---

static int grow(void **data, size_t *capacity, size_t needed, size_t element) {
  if (needed <= *capacity) return 1;
  size_t wanted = *capacity ? *capacity * 2 : 64;
  while (wanted < needed) wanted *= 2;
  void *larger = realloc(*data, wanted * element);
  if (!larger) return 0;
  *data = larger;
  *capacity = wanted;
  return 1;
}

static int32_t submit(lpk_device *device, int32_t (*run)(lpk_device *, const void *), const void *operation,
                      size_t bytes) {
  lpk_program *program = common(device)->recording;
  if (!program) return run(device, operation);
  size_t padded = (bytes + 15) / 16 * 16;
  if (!grow((void **)&program->steps, &program->step_capacity, program->step_count + 1, sizeof(lpk_step)) ||
      !grow((void **)&program->arguments, &program->argument_capacity, program->argument_bytes + padded, 1))
    return lpk_fail(LPK_OUT_OF_MEMORY, "no memory to record another operation");
  memcpy(program->arguments + program->argument_bytes, operation, bytes);
  program->steps[program->step_count++] = (lpk_step){run, program->argument_bytes};
  program->argument_bytes += padded;
  return LPK_OK;
}

int32_t lpk_run_steps(lpk_program *program) {
  for (size_t i = 0; i < program->step_count; i++) {
    const lpk_step *step = &program->steps[i];
    int32_t status = step->run(program->device, program->arguments + step->offset);
    if (status != LPK_OK) return status;
  }
  return LPK_OK;
}

static void program_destroy(lpk_program *program) {
  if (program->backend) backend_program_release(program);
  free(program->steps);
  free(program->arguments);
  free(program);
}

static int32_t record_begin(lpk_device *device) {
  if (common(device)->recording) return lpk_fail(LPK_INVALID_ARGUMENT, "a program is being recorded already");
  lpk_program *program = calloc(1, sizeof *program);
  if (!program) return lpk_fail(LPK_OUT_OF_MEMORY, "no memory for a program");
  program->device = device;
  common(device)->recording = program;
  return LPK_OK;
}

static int32_t record_end(lpk_device *device, lpk_program **program) {
  if (!common(device)->recording) return lpk_fail(LPK_INVALID_ARGUMENT, "no program is being recorded");
  *program = common(device)->recording;
  common(device)->recording = NULL;
  return LPK_OK;
}

static int32_t idle(lpk_device *device) {
  if (common(device)->recording)
    return lpk_fail(LPK_INVALID_ARGUMENT, "this cannot be done while a program is being recorded");
  return LPK_OK;
}

static int32_t program_run(lpk_program *program) {
  int32_t status = idle(program->device);
  return status == LPK_OK ? backend_program_run(program) : status;
}

static int32_t program_time(lpk_program *program, int32_t repeats, int32_t evict_caches, double *seconds) {
  if (repeats < 1) return lpk_fail(LPK_INVALID_ARGUMENT, "%d repeats; at least 1 is needed", repeats);
  int32_t status = idle(program->device);
  return status == LPK_OK ? backend_program_time(program, repeats, evict_caches, seconds) : status;
}

static int32_t program_energy(lpk_program *program, double least_seconds, double *joules, double *seconds,
                              int64_t *runs) {
  if (!(least_seconds > 0)) return lpk_fail(LPK_INVALID_ARGUMENT, "energy needs a time above 0");
  if (program->step_count == 0) return lpk_fail(LPK_INVALID_ARGUMENT, "the program is empty");
  int32_t status = idle(program->device);
  return status == LPK_OK ? backend_program_energy(program, least_seconds, joules, seconds, runs) : status;
}

static int32_t idle_power(lpk_device *device, double seconds, double *watts) {
  if (!(seconds > 0)) return lpk_fail(LPK_INVALID_ARGUMENT, "idle power needs a time above 0");
  return backend_idle_power(device, seconds, watts);
}

// --- Buffers ---

static int32_t buffer_create(lpk_device *device, int32_t dtype, int64_t count, lpk_buffer **out) {
  if (dtype < LPK_F32 || dtype > LPK_I32) return lpk_fail(LPK_INVALID_ARGUMENT, "there is no dtype %d", dtype);
  if (count < 0) return lpk_fail(LPK_INVALID_ARGUMENT, "a buffer of %lld elements", (long long)count);
  lpk_buffer *buffer = calloc(1, sizeof *buffer);
  if (!buffer) return lpk_fail(LPK_OUT_OF_MEMORY, "no memory for a buffer's handle");
  *buffer = (lpk_buffer){device, dtype, count, NULL};
  // One element at least, so that an empty buffer has an address too.
  size_t bytes = lpk_element_bytes(dtype) * (size_t)(count ? count : 1);
  int32_t status = backend_allocate(device, bytes, &buffer->data);
  if (status != LPK_OK) {
    free(buffer);
    return status;
  }
  *out = buffer;
  return LPK_OK;
}

static void buffer_destroy(lpk_buffer *buffer) {
  backend_release(buffer->device, buffer->data);
  free(buffer);
}

static int32_t fill_random(lpk_view view, int64_t count, uint64_t seed, float scale) {
  CHECK_VIEW(view, count, ANY_FLOAT, "fill_random");
  return backend_fill_random(view, count, seed, scale);
}

static int32_t fill_poison(lpk_view view, int64_t count) {
  CHECK_VIEW(view, count, ANY, "fill_poison");
  return backend_fill_poison(view, count);
}

static int32_t upload(lpk_view view, int64_t count, const float *values) {
  CHECK_VIEW(view, count, ANY_FLOAT, "upload");
  return backend_upload(view, count, values);
}

static int32_t download(lpk_view view, int64_t count, float *values) {
  CHECK_VIEW(view, count, ANY_FLOAT, "download");
  return backend_download(view, count, values);
}

static int32_t upload_integers(lpk_view view, int64_t count, const int32_t *values) {
  CHECK_VIEW(view, count, INTEGER, "upload_integers");
  return backend_upload(view, count, values);
}

static int32_t download_integers(lpk_view view, int64_t count, int32_t *values) {
  CHECK_VIEW(view, count, INTEGER, "download_integers");
  return backend_download(view, count, values);
}

// --- Operations: check, then run or keep ---

#define OPERATION(name, type)                                           \
  static int32_t name(lpk_device *device, const type *operation) {      \
    int32_t status = check_##name(common(device), operation);           \
    if (status != LPK_OK) return status;                                \
    return submit(device, backend_##name, operation, sizeof *operation); \
  }

OPERATION(gemm, lpk_gemm)
OPERATION(moe, lpk_moe)
OPERATION(cache_write, lpk_cache_write)
OPERATION(decode_attention, lpk_decode_attention)
OPERATION(prefill_attention, lpk_prefill_attention)
OPERATION(rms_norm, lpk_rms_norm)
OPERATION(rope, lpk_rope)
OPERATION(embedding, lpk_embedding)
OPERATION(route, lpk_route)
OPERATION(add, lpk_add)
OPERATION(copy_rows, lpk_copy_rows)
OPERATION(argmax, lpk_argmax)
OPERATION(copy, lpk_copy)
OPERATION(sum, lpk_sum)

static int32_t device_count(int32_t *count) { return backend_device_count(count); }
static int32_t open_device(int32_t ordinal, int32_t threads, lpk_device **device) {
  return backend_open(ordinal, threads, device);
}
static void close_device(lpk_device *device) {
  if (common(device)->recording) program_destroy(common(device)->recording);
  backend_close(device);
}
static int32_t synchronize(lpk_device *device) { return backend_synchronize(device); }

int32_t lpk_abi_version(void) { return LPK_ABI_VERSION; }

const lpk_api *lpk_functions(void) {
  static const lpk_api api = {
      backend_name, last_error, device_count, open_device, close_device, device_name, versions, capabilities,
      synchronize, buffer_create, buffer_destroy, fill_random, fill_poison, upload, download, upload_integers,
      download_integers, gemm, moe, cache_write, decode_attention, prefill_attention, rms_norm, rope, embedding,
      route, add, copy_rows, argmax, copy, sum, record_begin, record_end, program_destroy, program_run,
      program_time, program_energy, idle_power,
  };
  return &api;
}
