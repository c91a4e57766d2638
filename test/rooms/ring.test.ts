import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRingLink, RingReader, RingWriter } from '../../rooms/ring.js';

const samples = 160;

function ends(): { writer: RingWriter; reader: RingReader; read(): number | null } {
  const { toRoom } = createRingLink(8000);
  const writer = new RingWriter(toRoom, samples);
  const reader = new RingReader(toRoom, samples);
  const out = new Int16Array(samples);
  return { writer, reader, read: () => (reader.read(out) ? out[samples - 1]! : null) };
}

const numbered = (value: number): Int16Array => new Int16Array(samples).fill(value);

describe('ring of frames between two hosts', () => {
  test('every frame arrives once, in order, one beat after it could have at the earliest', () => {
    const { writer, reader, read } = ends();
    const heard: (number | null)[] = [];
    for (let beat = 1; beat <= 6; beat += 1) {
      writer.write(numbered(beat));
      heard.push(read());
    }
    expect(heard).toEqual([null, 1, 2, 3, 4, 5]);
    expect([reader.underruns, reader.overruns, writer.overruns]).toEqual([0, 0, 0]);
  });

  test('a silent frame arrives as silence and keeps its place', () => {
    const { writer, read } = ends();
    writer.write(numbered(1));
    writer.write(null);
    writer.write(numbered(3));
    expect([read(), read(), read()]).toEqual([1, null, 3]);
  });

  test('a writer that is late by one beat is not noticed; one that stops is counted and heard again later', () => {
    const { writer, reader, read } = ends();
    writer.write(numbered(1));
    writer.write(numbered(2));
    expect([read(), read()]).toEqual([1, 2]);
    expect(reader.underruns).toBe(0);
    expect([read(), read()]).toEqual([null, null]);
    expect(reader.underruns).toBe(2);
    writer.write(numbered(3));
    writer.write(numbered(4));
    expect([read(), read()]).toEqual([3, 4]);
  });

  test('a reader that stands still loses the newest frames at the limit, then drops to its usual distance', () => {
    const { writer, reader, read } = ends();
    for (let beat = 1; beat <= 10; beat += 1) writer.write(numbered(beat));
    expect(writer.overruns).toBe(2);
    expect(read()).toBe(7);
    expect(reader.overruns).toBe(6);
    expect(read()).toBe(8);
  });

  test('whatever the order of writes and reads, what arrives is an increasing subsequence of what was written', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (steps) => {
        const { writer, reader, read } = ends();
        let written = 0;
        let last = 0;
        let arrived = 0;
        for (const write of steps) {
          if (write) {
            written += 1;
            writer.write(numbered(written));
            continue;
          }
          const heard = read();
          if (heard === null) continue;
          arrived += 1;
          expect(heard).toBeGreaterThan(last);
          last = heard;
        }
        const waiting = written - arrived - writer.overruns - reader.overruns;
        expect(waiting).toBeGreaterThanOrEqual(0);
        expect(waiting).toBeLessThanOrEqual(8);
      }),
    );
  });

  test('counts wrap at 2³²', () => {
    const { toRoom } = createRingLink(8000);
    new Int32Array(toRoom, 0, 2).fill(0x7fff_fffe);
    const writer = new RingWriter(toRoom, samples);
    const reader = new RingReader(toRoom, samples);
    const out = new Int16Array(samples);
    const heard: number[] = [];
    for (let beat = 1; beat <= 6; beat += 1) {
      writer.write(numbered(beat));
      if (reader.read(out)) heard.push(out[0]!);
    }
    expect(heard).toEqual([1, 2, 3, 4, 5]);
  });
});
