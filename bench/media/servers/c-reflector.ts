import { spawn } from 'node:child_process';
import { codecs } from '../../../media/index.js';
import { compiled, Lines } from '../wire.js';
import type { MediaServer } from './server.js';

/** c/reflector.c, started when it is known how many sockets it is to have; null without a compiler. */
export function startCReflector(count: number): MediaServer | null {
  const program = compiled('reflector');
  if (program === null) return null;
  const child = spawn(program, [String(count)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const lines = new Lines(child);
  return {
    pid: child.pid ?? 0,
    open: async (_rooms, codec) => {
      const ports = (await lines.next()).split(' ').slice(1).map(Number);
      return { ports, codec, payloadType: codecs[codec].staticPayloadType ?? 96, frameMs: 20 };
    },
    stop: () => {
      child.stdin.end();
      return ended;
    },
  };
}
