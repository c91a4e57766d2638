import { createRealNetwork } from '../../../base/network.js';
import { rtpBase } from '../../support/gateway-process.js';

const network = createRealNetwork();
const used = new Set<number>();

async function isFree(port: number): Promise<boolean> {
  const handlers = { onMessage: () => undefined, onError: () => undefined };
  const socket = await network.bindUdp({ address: '127.0.0.1', port }, handlers).catch(() => null);
  await socket?.close();
  return socket !== null;
}

/** The even first one of `count` UDP ports that nobody uses, for RTP. */
export async function freeRange(count: number): Promise<number> {
  for (;;) {
    const from = rtpBase();
    const all = Array.from({ length: count }, (_, index) => from + index);
    if (all.some((port) => used.has(port))) continue;
    if (!(await Promise.all(all.map(isFree))).every(Boolean)) continue;
    for (const port of all) used.add(port);
    return from;
  }
}
