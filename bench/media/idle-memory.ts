import { residentOf } from './process-cpu.js';
import { startServer } from './servers/server.js';

export interface IdleMemory {
  readonly calls: number;
  /** Each per call. */
  readonly heldBytes: number;
  readonly residentBytes: number;
}

const CALLS = 500;
const WARM_CALLS = 50;
const ROOM = 10;
/** Nobody listens here, and nothing is heard of it: rooms without a sound still send. */
const FIRST_PORT = 40_000;

/** What a leg in a room holds, nothing being received: a host without a thread of its own, so that one heap has it all. */
export async function measureIdleMemory(): Promise<IdleMemory> {
  const server = await startServer('hookline.js', ['0']);
  try {
    const rooms = (calls: number, from: number): number[][] =>
      Array.from({ length: calls / ROOM }, (_, room) =>
        Array.from({ length: ROOM }, (_, place) => FIRST_PORT + 2 * (from + room * ROOM + place)),
      );
    await server.open(rooms(WARM_CALLS, 0), 'pcmu');
    const before = await server.memory!();
    const residentBefore = residentOf(server.pid);
    await server.open(rooms(CALLS, WARM_CALLS), 'pcmu');
    const after = await server.memory!();
    return {
      calls: CALLS,
      heldBytes: (after.heldBytes - before.heldBytes) / CALLS,
      residentBytes: (residentOf(server.pid) - residentBefore) / CALLS,
    };
  } finally {
    await server.stop();
  }
}
