import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFrame, writeFrame } from '../../../../media/codec/ilbc/bits.js';
import { type IlbcMode, ilbcModes } from '../../../../media/codec/ilbc/mode.js';

const { 20: mode20, 30: mode30 } = ilbcModes;

function bitsOf({ layout }: IlbcMode, index: number): number {
  return layout.widths[index * 3]! + layout.widths[index * 3 + 1]! + layout.widths[index * 3 + 2]!;
}

function classBits({ layout }: IlbcMode, level: number): number {
  return layout.widths.filter((_, i) => i % 3 === level).reduce((sum, width) => sum + width, 0);
}

/** Parameters of which only one is not zero. */
function only(mode: IlbcMode, index: number, value: number): Int32Array {
  const values = new Int32Array(mode.layout.count);
  values[index] = value;
  return values;
}

function written(mode: IlbcMode, values: Int32Array): Uint8Array {
  const out = new Uint8Array(mode.payloadBytes);
  writeFrame(mode.layout, values, out, 0);
  return out;
}

const setBits = (bytes: Uint8Array): number[] =>
  [...bytes].flatMap((byte, i) => [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => byte & (0x80 >> bit)).map((b) => 8 * i + b));

describe.each([mode20, mode30])('RFC 3951 §3.8 frames of $frameMs ms', (mode) => {
  test('every parameter is read back as it was written, at any offset, and nothing beside is touched', () => {
    const { layout, payloadBytes } = mode;
    const frame = fc.tuple(
      ...Array.from({ length: layout.count }, (_, i) => fc.nat({ max: 2 ** bitsOf(mode, i) - 1 })),
    );
    fc.assert(
      fc.property(frame, fc.nat({ max: 5 }), (numbers, offset) => {
        const bytes = new Uint8Array(payloadBytes + 10).fill(0xa5);
        const values = new Int32Array(layout.count).fill(-1);
        writeFrame(layout, Int32Array.from(numbers), bytes, offset);
        expect(readFrame(layout, bytes, offset, values)).toBe(true);
        expect([...values]).toEqual([...numbers]);
        bytes.fill(0xa5, offset, offset + payloadBytes);
        expect(bytes.every((byte) => byte === 0xa5)).toBe(true);
      }),
    );
  });

  test('any bytes but for the empty-frame bit are written as they were read', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: mode.payloadBytes, maxLength: mode.payloadBytes }), (bytes) => {
        const values = new Int32Array(mode.layout.count);
        expect(readFrame(mode.layout, bytes, 0, values)).toBe((bytes.at(-1)! & 1) === 0);
        bytes[mode.payloadBytes - 1] = bytes.at(-1)! & 0xfe;
        expect([...written(mode, values)]).toEqual([...bytes]);
      }),
    );
  });
});

describe('RFC 3951 table 3.2', () => {
  test('classes 1, 2 and 3 have 48, 64 and 191 bits of 20 ms, and 64, 96 and 239 of 30 ms', () => {
    expect([0, 1, 2].map((level) => classBits(mode20, level))).toEqual([48, 64, 191]);
    expect([0, 1, 2].map((level) => classBits(mode30, level))).toEqual([64, 96, 239]);
  });

  test('the sums of the table', () => {
    const sum = (mode: IlbcMode, from: number, to: number): number[] =>
      [0, 1, 2].map((level) =>
        mode.layout.widths
          .slice(from * 3, to * 3)
          .filter((_, i) => i % 3 === level)
          .reduce((all, width) => all + width, 0),
      );
    const rows = (mode: IlbcMode): number[][] => {
      const { layout } = mode;
      return [
        sum(mode, layout.lsf, layout.start),
        sum(mode, layout.state, layout.restShapes),
        sum(mode, layout.restShapes, layout.restGains),
        sum(mode, layout.restGains, layout.shapes),
        sum(mode, layout.shapes, layout.gains),
        sum(mode, layout.gains, layout.count),
      ];
    };
    expect(rows(mode20)).toEqual([
      [20, 0, 0],
      [0, 57, 114],
      [6, 0, 15],
      [3, 1, 8],
      [7, 0, 39],
      [3, 6, 15],
    ]);
    expect(rows(mode30)).toEqual([
      [40, 0, 0],
      [0, 58, 116],
      [4, 2, 15],
      [2, 2, 8],
      [6, 22, 66],
      [2, 12, 34],
    ]);
  });

  test('the most significant bits of a split parameter are in the lower class', () => {
    // Class 1 of 30 ms: 40 bits of LSFs, start 3, position 1, scale 6, then 4 bits of the first shape.
    expect(setBits(written(mode30, only(mode30, mode30.layout.restShapes, 0b1111_00_0)))).toEqual([50, 51, 52, 53]);
    // Class 2 begins at 64: 58 bits of the start state, then 2 of the shape; class 3 at 160, the shape's last bit at 276.
    expect(setBits(written(mode30, only(mode30, mode30.layout.restShapes, 0b0000_11_1)))).toEqual([122, 123, 276]);
    expect(setBits(written(mode20, only(mode20, mode20.layout.scale, 0b100001)))).toEqual([23, 28]);
  });
});
