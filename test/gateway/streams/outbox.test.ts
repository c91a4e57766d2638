import { beforeEach, expect, test } from 'vitest';
import type { WebSocketConnection } from '../../../base/web-socket.js';
import { streamSettings } from '../../../contract/streams.js';
import { StreamOutbox } from '../../../gateway/streams/outbox.js';
import { ManualClock } from '../../support/manual-clock.js';

const settings = streamSettings.parse({});
const address = { address: '', port: 0 };

/** A reader that takes nothing while it is slow. */
class SlowReader implements WebSocketConnection {
  readonly local = address;
  readonly remote = address;
  readonly messages: { event: string; sequenceNumber: string; media?: { chunk: string; timestamp: string } }[] = [];
  readonly lost: unknown[] = [];
  queuedBytes = 0;
  isSlow = false;

  send(data: Uint8Array, asText: boolean): void {
    if (this.isSlow) this.queuedBytes += data.length;
    if (asText) this.messages.push(JSON.parse(Buffer.from(data).toString()));
  }

  catchUp(): void {
    this.isSlow = false;
    this.queuedBytes = 0;
  }

  chunks(): number[] {
    return this.messages.flatMap(({ media }) => (media === undefined ? [] : [Number(media.chunk)]));
  }

  ping(): void {}
  hold(): void {}
  close(): void {}
  end(): void {}
  destroy(): void {}
}

let clock: ManualClock;
let reader: SlowReader;
let stuck: number;

beforeEach(() => {
  clock = new ManualClock();
  reader = new SlowReader();
  stuck = 0;
});

function outbox(frames: 'json' | 'binary' = 'json'): StreamOutbox {
  const made = new StreamOutbox({
    clock,
    format: { encoding: 'mulaw', rateHz: 8000, frames, chunkMs: 20 },
    names: { streamSid: 'MZ', callSid: 'c', roomId: 'r' },
    bytesPerMs: 8,
    onStuck: () => {
      stuck += 1;
    },
  });
  made.open(reader, settings);
  return made;
}

/** From one chunk to the other, 20 ms apart. */
async function speak(box: StreamOutbox, from: number, to: number): Promise<void> {
  for (let chunk = from; chunk <= to; chunk += 1) {
    box.media(new Uint8Array(160), 0, (chunk - 1) * 20);
    await clock.advance(20);
  }
}

test('a slow reader loses the oldest sound beyond a second: counted, and a gap in chunk and timestamp', async () => {
  const box = outbox();
  await speak(box, 1, 10);
  reader.isSlow = true;
  await speak(box, 11, 200);
  // Some is in the socket, a second waits here.
  expect(box.lostChunks).toBeGreaterThan(100);
  expect(box.sentChunks + box.lostChunks).toBe(150);
  reader.catchUp();
  await clock.advance(20);
  expect(box.sentChunks + box.lostChunks).toBe(200);
  const chunks = reader.chunks();
  const gaps = chunks.filter((chunk, index) => index > 0 && chunk !== chunks[index - 1]! + 1);
  expect(gaps).toEqual([151]);
  expect(reader.messages.find(({ media }) => media?.chunk === '151')).toMatchObject({ media: { timestamp: '3000' } });
  // Numbers of messages are of those that were sent.
  expect(reader.messages.slice(1).map(({ sequenceNumber }) => Number(sequenceNumber))).toEqual(
    Array.from({ length: reader.messages.length - 1 }, (_, index) => index + 1),
  );
  expect(clock.pendingTimers).toBe(0);
});

test('in binary frames the gap is a message of its own', async () => {
  const box = outbox('binary');
  await speak(box, 1, 10);
  reader.isSlow = true;
  await speak(box, 11, 100);
  reader.catchUp();
  await speak(box, 101, 102);
  const lost = reader.messages.filter(({ event }) => event === 'lost');
  expect(lost).toMatchObject([{ lost: { chunks: String(box.lostChunks), timestamp: '1000' } }]);
});

test('a reader that takes nothing at all, not even marks, ends the stream', async () => {
  const box = outbox();
  reader.isSlow = true;
  for (let count = 0; count < 10_000 && stuck === 0; count += 1) box.mark('m');
  expect(stuck).toBe(1);
  expect(reader.queuedBytes).toBeLessThan(300_000);
  box.close();
});

test('what comes while there is no connection is lost, and seen as such on the next one', async () => {
  const box = outbox();
  await speak(box, 1, 5);
  box.close();
  await speak(box, 6, 10);
  const next = new SlowReader();
  box.open(next, settings);
  await speak(box, 11, 11);
  expect(box.lostChunks).toBe(5);
  expect(next.messages.map(({ event }) => event)).toEqual(['connected', 'start', 'media']);
  expect(next.chunks()).toEqual([11]);
});
