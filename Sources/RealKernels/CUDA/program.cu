// Replaying, timing and metering recorded operations.
#include <time.h>

#include <vector>

#include "cuda.h"

struct cuda_program {
  cudaGraphExec_t graph;
  bool ran;  // once without a graph, so that all scratch is there
  bool replayable;
};

static double host_seconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

static void sleep_for(double seconds) {
  timespec pause = {static_cast<time_t>(seconds), static_cast<long>((seconds - static_cast<time_t>(seconds)) * 1e9)};
  nanosleep(&pause, nullptr);
}

static cuda_program *state(lpk_program *program) {
  if (!program->backend) program->backend = new cuda_program();
  return static_cast<cuda_program *>(program->backend);
}

extern "C" void backend_program_release(lpk_program *program) {
  cuda_program *own = static_cast<cuda_program *>(program->backend);
  cudaStreamSynchronize(program->device->stream);
  if (own->graph) cudaGraphExecDestroy(own->graph);
  delete own;
}

static int32_t capture(lpk_program *program) {
  cudaStream_t stream = program->device->stream;
  CUDA_TRY(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
  int32_t status = lpk_run_steps(program);
  cudaGraph_t graph = nullptr;
  cudaError_t ended = cudaStreamEndCapture(stream, &graph);
  if (status != LPK_OK || ended != cudaSuccess) {
    if (graph) cudaGraphDestroy(graph);
    return status != LPK_OK ? status : cuda_fail(ended, "cudaStreamEndCapture");
  }
  cudaError_t made = cudaGraphInstantiate(&state(program)->graph, graph, 0);
  cudaGraphDestroy(graph);
  CUDA_TRY(made);
  // Or else the first launch would do it, and be timed.
  CUDA_TRY(cudaGraphUpload(state(program)->graph, stream));
  return LPK_OK;
}

// The first run goes operation by operation; the second makes a graph of it where nothing in it waits.
extern "C" int32_t backend_program_run(lpk_program *program) {
  cuda_program *own = state(program);
  lpk_device *device = program->device;
  if (!own->ran) {
    device->waited = false;
    LPK_TRY(lpk_run_steps(program));
    own->ran = true;
    own->replayable = !device->waited && program->step_count > 0;
    return LPK_OK;
  }
  if (!own->replayable) return lpk_run_steps(program);
  if (!own->graph) LPK_TRY(capture(program));
  CUDA_TRY(cudaGraphLaunch(own->graph, device->stream));
  return LPK_OK;
}

// Reads through twice the L2 cache, so that nothing of before is in it and nothing in it has to be written back.
static int32_t evict(lpk_device *device) {
  int64_t bytes = 2 * device->common.capabilities.last_level_cache_bytes;
  void *memory = nullptr, *target = nullptr;
  LPK_TRY(cuda_scratch(device, SCRATCH_EVICT, static_cast<size_t>(bytes) + 16, &memory));
  target = static_cast<char *>(memory) + bytes;
  lpk_buffer source_buffer = {device, LPK_F32, bytes / 4, memory}, target_buffer = {device, LPK_F32, 1, target};
  lpk_sum sum = {bytes / 4, {&source_buffer, 0}, {&target_buffer, 0}};
  return backend_sum(device, &sum);
}

struct event_pairs {
  std::vector<cudaEvent_t> events;
  ~event_pairs() {
    for (cudaEvent_t event : events) cudaEventDestroy(event);
  }
  int32_t make(size_t count) {
    for (size_t i = 0; i < count; i++) {
      cudaEvent_t event;
      CUDA_TRY(cudaEventCreate(&event));
      events.push_back(event);
    }
    return LPK_OK;
  }
};

extern "C" int32_t backend_program_time(lpk_program *program, int32_t repeats, int32_t evict_caches, double *seconds) {
  lpk_device *device = program->device;
  LPK_TRY(backend_program_run(program));
  LPK_TRY(backend_synchronize(device));
  cuda_program *own = state(program);
  if (own->replayable && !own->graph) LPK_TRY(capture(program));
  event_pairs pairs;
  LPK_TRY(pairs.make(2 * static_cast<size_t>(repeats)));
  for (int32_t i = 0; i < repeats; i++) {
    if (evict_caches) LPK_TRY(evict(device));
    CUDA_TRY(cudaEventRecord(pairs.events[2 * i], device->stream));
    LPK_TRY(backend_program_run(program));
    CUDA_TRY(cudaEventRecord(pairs.events[2 * i + 1], device->stream));
  }
  LPK_TRY(backend_synchronize(device));
  for (int32_t i = 0; i < repeats; i++) {
    float milliseconds = 0;
    CUDA_TRY(cudaEventElapsedTime(&milliseconds, pairs.events[2 * i], pairs.events[2 * i + 1]));
    seconds[i] = milliseconds * 1e-3;
  }
  return LPK_OK;
}

// --- Energy. The counter moves in steps some milliseconds apart, so a time is measured from one step to another. ---

struct reading {
  double moment;
  unsigned long long millijoules;
};

// Loops of about this long are queued at once, two of them ahead, so that the GPU never waits for us.
static const double batch_seconds = 0.01;

struct busy_loop {
  lpk_program *program;
  int64_t batch, runs;
  cudaEvent_t ends[2];
};

static int32_t queue_batch(busy_loop *loop, int slot) {
  for (int64_t i = 0; i < loop->batch; i++) LPK_TRY(backend_program_run(loop->program));
  CUDA_TRY(cudaEventRecord(loop->ends[slot], loop->program->device->stream));
  loop->runs += loop->batch;
  return LPK_OK;
}

// Keeps the GPU busy until the counter moves after `earliest`.
static int32_t step_after(busy_loop *loop, double earliest, int *slot, reading *found) {
  lpk_device *device = loop->program->device;
  unsigned long long before = 0;
  bool has_before = false;
  double deadline = earliest + 5;
  for (;;) {
    CUDA_TRY(cudaEventSynchronize(loop->ends[*slot]));
    LPK_TRY(queue_batch(loop, *slot));
    *slot ^= 1;
    double now = host_seconds();
    LPK_TRY(read_millijoules(device, &found->millijoules));
    found->moment = now;
    if (has_before && now >= earliest && found->millijoules != before) return LPK_OK;
    if (now > deadline) return lpk_fail(LPK_FAILED, "NVML's energy counter did not move for 5 seconds");
    before = found->millijoules;
    has_before = true;
  }
}

static int32_t meter(busy_loop *loop, double least_seconds, double *joules, double *seconds, int64_t *runs) {
  lpk_device *device = loop->program->device;
  LPK_TRY(queue_batch(loop, 0));
  LPK_TRY(queue_batch(loop, 1));
  int slot = 0;
  reading first, last;
  // A little at first only warms the chip and its clocks up.
  LPK_TRY(step_after(loop, host_seconds() + 0.2, &slot, &first));
  LPK_TRY(backend_synchronize(device));
  loop->runs = 0;
  double begin = host_seconds();
  LPK_TRY(queue_batch(loop, 0));
  LPK_TRY(queue_batch(loop, 1));
  slot = 0;
  LPK_TRY(step_after(loop, begin, &slot, &first));
  LPK_TRY(step_after(loop, first.moment + least_seconds, &slot, &last));
  LPK_TRY(backend_synchronize(device));
  double watts = static_cast<double>(last.millijoules - first.millijoules) * 1e-3 / (last.moment - first.moment);
  *seconds = host_seconds() - begin;
  *joules = watts * *seconds;
  *runs = loop->runs;
  return LPK_OK;
}

extern "C" int32_t backend_program_energy(lpk_program *program, double least_seconds, double *joules, double *seconds,
                                          int64_t *runs) {
  unsigned long long ignored = 0;
  LPK_TRY(read_millijoules(program->device, &ignored));
  double times[3];
  LPK_TRY(backend_program_time(program, 3, 0, times));
  double one = times[2] > 1e-6 ? times[2] : 1e-6;
  busy_loop loop = {program, static_cast<int64_t>(batch_seconds / one) + 1, 0, {}};
  event_pairs ends;
  LPK_TRY(ends.make(2));
  loop.ends[0] = ends.events[0];
  loop.ends[1] = ends.events[1];
  return meter(&loop, least_seconds, joules, seconds, runs);
}

static int32_t idle_step(lpk_device *device, double earliest, reading *found) {
  unsigned long long before = 0;
  bool has_before = false;
  for (double deadline = earliest + 5;;) {
    found->moment = host_seconds();
    LPK_TRY(read_millijoules(device, &found->millijoules));
    if (has_before && found->moment >= earliest && found->millijoules != before) return LPK_OK;
    if (found->moment > deadline) return lpk_fail(LPK_FAILED, "NVML's energy counter did not move for 5 seconds");
    before = found->millijoules;
    has_before = true;
    sleep_for(0.001);
  }
}

extern "C" int32_t backend_idle_power(lpk_device *device, double seconds, double *watts) {
  LPK_TRY(backend_synchronize(device));
  reading first, last;
  LPK_TRY(idle_step(device, host_seconds(), &first));
  LPK_TRY(idle_step(device, first.moment + seconds, &last));
  *watts = static_cast<double>(last.millijoules - first.millijoules) * 1e-3 / (last.moment - first.moment);
  return LPK_OK;
}
