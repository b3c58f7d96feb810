// Blocks of threads as coroutines, and what warps do together.
#include <setjmp.h>
#include <ucontext.h>

#include <memory>
#include <mutex>

#include "emulator.h"

namespace {

struct barrier {
  int waiting = 0;
  unsigned generation = 0;
};

struct pending_copy {
  void *target;
  const void *source;
  bool present;
};

// What a lane shows the others of its warp.
struct exchange {
  const void *address;
  uint32_t registers[6];
  float value;
};

struct fiber {
  ucontext_t context;
  jmp_buf place;
  std::unique_ptr<char[]> stack;
  bool started = false, running = false;
  unsigned exchanges = 0;
  std::vector<std::vector<pending_copy>> groups;
  std::vector<pending_copy> open_group;
};

enum { STACK = 128 << 10, SHARED = 256 << 10 };

std::vector<std::unique_ptr<fiber>> fibers;
std::vector<barrier> warp_barriers;
std::vector<exchange> shown[2];
barrier block_barrier;
jmp_buf scheduler;
unsigned current, alive, progress;
const std::function<void()> *body;
bool copies_are_late, backwards;
std::mutex one_kernel_at_a_time;
alignas(128) unsigned char shared_memory[SHARED];

void leave() {
  if (_setjmp(fibers[current]->place) == 0) _longjmp(scheduler, 1);
}

void fiber_main() {
  for (;;) {
    (*body)();
    fibers[current]->running = false;
    alive--;
    progress++;
    leave();
  }
}

void resume(unsigned index) {
  fiber *f = fibers[index].get();
  current = index;
  threadIdx = dim3(index % blockDim.x, index / blockDim.x, 0);
  if (_setjmp(scheduler) != 0) return;
  if (f->started) _longjmp(f->place, 1);
  f->started = true;
  f->stack = std::make_unique<char[]>(STACK);
  getcontext(&f->context);
  f->context.uc_stack.ss_sp = f->stack.get();
  f->context.uc_stack.ss_size = STACK;
  f->context.uc_link = nullptr;
  makecontext(&f->context, fiber_main, 0);
  setcontext(&f->context);
}

void wait_at(barrier *b, unsigned count) {
  unsigned generation = b->generation;
  if (static_cast<unsigned>(++b->waiting) == count) {
    b->waiting = 0;
    b->generation++;
    progress++;
    return;
  }
  unsigned self = current;
  while (b->generation == generation) {
    leave();
    current = self;
  }
}

unsigned lane() { return current % 32; }
unsigned warp() { return current / 32; }

// Shows the warp what this lane has and waits until all have shown theirs. Two sets alternate, so that a lane may be one
// exchange ahead.
const exchange *together(const exchange &own) {
  unsigned set = fibers[current]->exchanges++ % 2;
  shown[set][current] = own;
  wait_at(&warp_barriers[warp()], 32);
  return &shown[set][warp() * 32];
}

void finish(const pending_copy &copy) {
  if (copy.present)
    memcpy(copy.target, copy.source, 16);
  else
    memset(copy.target, 0, 16);
}

float half_of(uint32_t word, int half) {
  return __bfloat162float({static_cast<uint16_t>(half ? word >> 16 : word & 0xffff)});
}

void run_warp(unsigned index, unsigned threads) {
  for (unsigned before = progress + 1; progress != before;) {
    before = progress;
    for (unsigned i = 32 * index; i < 32 * index + 32 && i < threads; i++)
      if (fibers[i]->running) resume(i);
  }
}

void run_block(unsigned threads) {
  alive = threads;
  block_barrier = barrier();
  warp_barriers.assign(threads / 32 + 1, barrier());
  memset(shared_memory, 0xff, SHARED);
  for (unsigned i = 0; i < threads; i++) {
    fibers[i]->running = true;
    fibers[i]->exchanges = 0;
    fibers[i]->groups.clear();
    fibers[i]->open_group.clear();
  }
  // Every warp runs as far as it can before the next has its turn, and every other time the last warp begins: a barrier
  // that is missing lets one overtake another by far.
  unsigned warps = (threads + 31) / 32;
  while (alive > 0) {
    unsigned before = progress;
    for (unsigned i = 0; i < warps; i++) run_warp(backwards ? warps - 1 - i : i, threads);
    backwards = !backwards;
    if (progress == before) {
      fprintf(stderr, "CUDA emulator: the threads of a block wait for each other forever\n");
      abort();
    }
  }
}

}  // namespace

unsigned char *emulated_shared = shared_memory;

void emulated_run(dim3 grid, dim3 block, size_t shared, const std::function<void()> &kernel) {
  std::lock_guard<std::mutex> lock(one_kernel_at_a_time);
  unsigned threads = block.x * block.y;
  if (shared > SHARED || block.z != 1 || threads > 1024 || threads == 0) abort();
  while (fibers.size() < threads) fibers.push_back(std::make_unique<fiber>());
  for (auto &set : shown) set.resize(1024);
  gridDim = grid;
  blockDim = block;
  body = &kernel;
  for (unsigned z = 0; z < grid.z; z++)
    for (unsigned y = 0; y < grid.y; y++)
      for (unsigned x = 0; x < grid.x; x++) {
        blockIdx = dim3(x, y, z);
        copies_are_late = (x + y + z) % 2;
        run_block(threads);
      }
}

void __syncthreads() { wait_at(&block_barrier, alive); }

float __shfl_xor_sync(unsigned, float value, int lanes) {
  exchange own = {};
  own.value = value;
  return together(own)[lane() ^ static_cast<unsigned>(lanes)].value;
}

void load_matrices(uint32_t registers[4], const void *row) {
  exchange own = {};
  own.address = row;
  const exchange *all = together(own);
  for (unsigned m = 0; m < 4; m++)
    memcpy(&registers[m], static_cast<const char *>(all[8 * m + lane() / 4].address) + lane() % 4 * 4, 4);
}

void load_transposed(uint32_t registers[4], const void *row) {
  exchange own = {};
  own.address = row;
  const exchange *all = together(own);
  for (unsigned m = 0; m < 4; m++) {
    uint16_t halves[2];
    for (unsigned h = 0; h < 2; h++)
      memcpy(&halves[h], static_cast<const char *>(all[8 * m + lane() % 4 * 2 + h].address) + lane() / 4 * 2, 2);
    registers[m] = halves[0] | static_cast<uint32_t>(halves[1]) << 16;
  }
}

// Fragments as "Matrix Fragments for mma.m16n8k16" of the PTX manual has them.
void multiply(float sums[4], const uint32_t a[4], uint32_t b0, uint32_t b1) {
  exchange own = {};
  memcpy(own.registers, a, 16);
  own.registers[4] = b0;
  own.registers[5] = b1;
  const exchange *all = together(own);
  for (unsigned e = 0; e < 4; e++) {
    unsigned row = lane() / 4 + e / 2 * 8, column = lane() % 4 * 2 + e % 2;
    float sum = 0;
    for (unsigned k = 0; k < 16; k++) {
      float left = half_of(all[row % 8 * 4 + k % 8 / 2].registers[row / 8 + k / 8 * 2], k % 2);
      float right = half_of(all[column * 4 + k % 8 / 2].registers[4 + k / 8], k % 2);
      sum += left * right;
    }
    sums[e] += sum;
  }
}

// In every second block copies happen at once, in the others as late as they may.
void copy_async(void *target, const void *source, bool present) {
  pending_copy copy = {target, source, present};
  if (reinterpret_cast<uintptr_t>(target) % 16 || reinterpret_cast<uintptr_t>(source) % 16) {
    fprintf(stderr, "CUDA emulator: an asynchronous copy is not aligned to 16 bytes\n");
    abort();
  }
  if (copies_are_late)
    fibers[current]->open_group.push_back(copy);
  else
    finish(copy);
}

void end_group() {
  fibers[current]->groups.push_back(std::move(fibers[current]->open_group));
  fibers[current]->open_group.clear();
}

void emulated_wait(int groups) {
  auto &pending = fibers[current]->groups;
  while (pending.size() > static_cast<size_t>(groups)) {
    for (const pending_copy &copy : pending.front()) finish(copy);
    pending.erase(pending.begin());
  }
}
