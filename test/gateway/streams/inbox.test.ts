import { beforeEach, expect, test } from 'vitest';
import { StreamInbox } from '../../../gateway/streams/inbox.js';
import { ManualClock } from '../../support/manual-clock.js';
import { StreamStage } from '../../support/stream-stage.js';

let clock: ManualClock;
let done: string[];
let holds: boolean[];
let inbox: StreamInbox;

beforeEach(() => {
  clock = new ManualClock();
  done = [];
  holds = [];
  inbox = new StreamInbox({
    clock,
    onMessage: (data, isText) => done.push(`${isText} ${data.toString()}`),
    onHold: (on) => holds.push(on),
  });
});

function send(from: number, to: number): void {
  const data = Buffer.alloc(8);
  for (let i = from; i < to; i += 1) {
    // One buffer for all, as a socket lends it.
    data.fill(0x20).write(String(i));
    inbox.take(data, true);
  }
}

const upTo = (count: number): string[] => Array.from({ length: count }, (_, i) => `true ${String(i).padEnd(8)}`);

test('64 small messages are dealt with at once, and nothing is held', async () => {
  send(0, 64);
  expect(done).toEqual(upTo(64));
  await clock.advance(1);
  send(64, 128);
  await clock.advance(1);
  expect([done.length, holds, inbox.size, inbox.holds, clock.pendingTimers]).toEqual([128, [], 0, 0, 0]);
});

test('what comes beyond that waits for its turn, in order, and nothing more is read until it has been dealt with', async () => {
  send(0, 200);
  expect([done.length, inbox.size, holds]).toEqual([64, 136, [true]]);
  clock.advanceSync(1);
  expect([done.length, holds]).toEqual([128, [true]]);
  send(200, 210);
  await clock.advance(5);
  expect(done).toEqual(upTo(210));
  expect([holds, inbox.size, inbox.holds, clock.pendingTimers]).toEqual([[true, false], 0, 1, 0]);
});

test('a long message is as much work as many short ones', () => {
  inbox.take(Buffer.alloc(64 * 1024), false);
  send(0, 1);
  expect([done.length, inbox.size]).toEqual([1, 1]);
});

test('is empty once it is closed, also by one of its own messages', async () => {
  let handled = 0;
  const closing: StreamInbox = new StreamInbox({
    clock,
    onMessage: () => {
      handled += 1;
      if (handled === 70) closing.close();
    },
    onHold: (on) => holds.push(on),
  });
  for (let i = 0; i < 200; i += 1) closing.take(Buffer.from('x'), true);
  await clock.advance(10);
  expect([handled, holds, closing.size, clock.pendingTimers]).toEqual([70, [true, false], 0, 0]);
});

test('ten seconds of sound at once are taken whole while another stream loses no chunk, and goes back in order', async () => {
  const stage = await new StreamStage().open();
  const [talker, other] = [await stage.dial('/streams/r?stays=true'), await stage.dial('/streams/r?stays=true')];
  await stage.clock.advance(100);
  for (let i = 0; i < 500; i += 1) {
    talker.say(Buffer.alloc(160, 0x7f));
    if (i % 100 === 99) talker.mark(`${i}`);
  }
  await stage.clock.advance(11_000);
  expect(talker.isClosed).toBe(false);
  expect(talker.of('mark').map(({ mark }) => mark.name)).toEqual(['99', '199', '299', '399', '499']);
  const chunks = other.of('media').map(({ media }) => Number(media.chunk));
  expect(chunks).toEqual(chunks.map((_, i) => i + 1));
  expect(await stage.close()).toEqual({ streams: 0, watching: 0, timers: 0 });
});
