import { existsSync, readFileSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import threads from 'node:worker_threads';

/**
 * Preloaded (`node --import`) into a gateway that is tested: gives every media thread a number, and has it do what is
 * written in the file `$HOST_FAULTS/N` once that is there. The gateway itself knows nothing of this.
 */
const MARK = 'media-host-number=';
const LOOK_MS = 10;

const faults = {
  /** An exception that nobody catches. */
  throw: () => {
    throw new Error('a fault of the test');
  },
  /** More objects than the heap may hold. */
  heap: () => {
    const kept = [];
    for (;;) kept.push(new Array(1000).fill({}));
  },
  /** A beat that never ends. */
  hang: () => {
    for (;;);
  },
};

if (threads.isMainThread) {
  let number = 0;
  threads.Worker = class extends threads.Worker {
    constructor(file, options) {
      const isHost = String(file).endsWith('/rooms/worker.js');
      super(file, isHost ? { ...options, argv: [`${MARK}${number++}`] } : options);
    }
  };
  syncBuiltinESMExports();
} else {
  const number = process.argv.find((word) => word.startsWith(MARK))?.slice(MARK.length);
  const file = `${process.env.HOST_FAULTS}/${number}`;
  const look = () => {
    if (!existsSync(file)) return;
    const fault = faults[readFileSync(file, 'utf8')];
    if (fault === undefined) return;
    rmSync(file);
    fault();
  };
  if (number !== undefined) setInterval(look, LOOK_MS).unref();
}
