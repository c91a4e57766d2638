import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { createRealClock } from '../../base/clock.js';

const BUSY_MS = 40;

test('what arrived while the thread was busy is seen before its beat', async () => {
  const clock = createRealClock();
  const [socket, sender] = [createSocket('udp4'), createSocket('udp4')];
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const seen: string[] = [];
  socket.on('message', () => seen.push('datagram'));
  const beat = new Promise<void>((resolve) => {
    const fire = (): void => {
      seen.push('beat');
      resolve();
    };
    // The kernel has the datagram of a loopback send at once.
    sender.send('sound', socket.address().port, '127.0.0.1', () => {
      clock.setTimer(5, fire, { precise: true });
      const endMs = clock.nowMs() + BUSY_MS;
      while (clock.nowMs() < endMs);
    });
  });
  await beat;
  expect(seen).toEqual(['datagram', 'beat']);
  socket.close();
  sender.close();
});
