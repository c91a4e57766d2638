import { getHeapStatistics } from 'node:v8';

/** Used share of the heap that this process may have, 0 … 1. */
export function heapShare(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return used / limit;
}

/** For GET /metrics. Started with `node --expose-gc`, the heap is what a full collection leaves: for leak tests. */
export function processFigures(): Record<string, number> {
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return {
    process_heap_used_bytes: heapUsed,
    process_external_bytes: external,
    process_resident_bytes: rss,
    process_timers: process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
  };
}
