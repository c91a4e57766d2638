import { describe, expect, test } from 'vitest';
import { createRealClock, delay } from '../../base/clock.js';
import { createRealNetwork } from '../../base/network.js';
import { freePort } from '../support/gateway-process.js';

const network = createRealNetwork();
const clock = createRealClock();

describe('RFC 1122 §4.1.3.3 the kernel tells of a UDP port where nobody listens', () => {
  test('a closed port refuses, and the probe does not wait for anything else', async () => {
    const port = await freePort();
    const never = new AbortController().signal;
    expect(await network.refusesUdp?.({ address: '127.0.0.1', port }, never)).toBe(true);
  });

  test('an open port gets a keep-alive and says nothing; the probe ends when it is told to', async () => {
    const heard: string[] = [];
    const socket = await network.bindUdp(
      { address: '127.0.0.1', port: 0 },
      { onMessage: (data) => heard.push(data.toString()), onError: () => undefined },
    );
    const enough = new AbortController();
    const refused = network.refusesUdp?.(socket.local, enough.signal);
    while (heard.length === 0) await delay(clock, 10);
    enough.abort();
    expect(await refused).toBe(false);
    expect(heard).toEqual(['\r\n\r\n']);
    expect(await network.refusesUdp?.(socket.local, enough.signal)).toBe(false);
    await socket.close();
  });
});
