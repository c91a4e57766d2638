import { expect, test } from 'vitest';
import { PortAllocator, type PortPair } from '../../../media/transport/ports.js';
import { ManualClock } from '../../support/manual-clock.js';

function allocator(fromPort: number, toPort: number): { clock: ManualClock; ports: PortAllocator } {
  const clock = new ManualClock();
  return { clock, ports: new PortAllocator({ clock, fromPort, toPort }) };
}

test('RFC 3550 §11 pairs are even and odd, inside the range, each once', () => {
  const { ports } = allocator(10001, 10007);
  const pairs = [ports.next(), ports.next(), ports.next(), ports.next()];
  expect(pairs).toEqual([
    { rtpPort: 10002, rtcpPort: 10003 },
    { rtpPort: 10004, rtcpPort: 10005 },
    { rtpPort: 10006, rtcpPort: 10007 },
    null,
  ]);
  expect(ports).toMatchObject({ capacity: 3, inUse: 3 });
});

test('a released pair rests for a second; the one released first comes back first', () => {
  const { clock, ports } = allocator(10000, 10003);
  const first = ports.next() as PortPair;
  const second = ports.next() as PortPair;
  ports.release(second);
  clock.advanceSync(500);
  ports.release(first);
  expect(ports.next()).toBeNull();
  clock.advanceSync(499);
  expect(ports.next()).toBeNull();
  clock.advanceSync(1);
  expect(ports.next()).toEqual(second);
  expect(ports.next()).toBeNull();
  clock.advanceSync(500);
  expect(ports.next()).toEqual(first);
});

test('the pair used longest ago is handed out, not the one just released', () => {
  const { clock, ports } = allocator(10000, 10005);
  const first = ports.next() as PortPair;
  ports.release(first);
  clock.advanceSync(5000);
  expect([ports.next()?.rtpPort, ports.next()?.rtpPort, ports.next()?.rtpPort]).toEqual([10002, 10004, 10000]);
});

test('releasing twice, or what was never handed out, changes nothing', () => {
  const { clock, ports } = allocator(10000, 10003);
  const pair = ports.next() as PortPair;
  for (const rtpPort of [10002, 9998, 10001, 20000]) ports.release({ rtpPort, rtcpPort: rtpPort + 1 });
  ports.release(pair);
  ports.release(pair);
  clock.advanceSync(1000);
  expect([ports.next()?.rtpPort, ports.next()?.rtpPort, ports.next()]).toEqual([10002, 10000, null]);
});

test('a range without a whole pair hands out nothing', () => {
  const { ports } = allocator(10001, 10002);
  expect(ports.capacity).toBe(0);
  expect(ports.next()).toBeNull();
});
