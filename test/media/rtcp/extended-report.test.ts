import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  adaptations,
  concealments,
  type ExtendedBlock,
  type VoipMetrics,
} from '../../../media/rtcp/extended-report.js';
import { parseRtcp, type RtcpPacket, writeRtcp } from '../../../media/rtcp/packet.js';

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const uint16 = fc.integer({ min: 0, max: 0xffff });
const uint8 = fc.integer({ min: 0, max: 255 });

function orNull(value: fc.Arbitrary<number>): fc.Arbitrary<number | null> {
  return fc.option(value, { nil: null });
}

const voipMetrics: fc.Arbitrary<VoipMetrics> = fc.record({
  type: fc.constant('voip-metrics' as const),
  ssrc: uint32,
  lossRate: uint8,
  discardRate: uint8,
  burstDensity: uint8,
  gapDensity: uint8,
  burstDurationMs: uint16,
  gapDurationMs: uint16,
  roundTripMs: orNull(fc.integer({ min: 1, max: 0xffff })),
  endSystemDelayMs: uint16,
  signalLevelDb: orNull(fc.integer({ min: -128, max: 3 })),
  noiseLevelDb: orNull(fc.integer({ min: -128, max: 3 })),
  residualEchoReturnLossDb: orNull(fc.integer({ min: 0, max: 126 })),
  gmin: uint8,
  rFactor: orNull(fc.integer({ min: 0, max: 100 })),
  externalRFactor: orNull(fc.integer({ min: 0, max: 100 })),
  mosLq: orNull(fc.integer({ min: 10, max: 50 }).map((tenths) => tenths / 10)),
  mosCq: orNull(fc.integer({ min: 10, max: 50 }).map((tenths) => tenths / 10)),
  concealment: fc.constantFrom(...concealments),
  adaptation: fc.constantFrom(...adaptations),
  bufferRate: fc.integer({ min: 0, max: 15 }),
  bufferNominalMs: uint16,
  bufferMaximumMs: uint16,
  bufferAbsoluteMaximumMs: uint16,
});

const block: fc.Arbitrary<ExtendedBlock> = fc.oneof(
  voipMetrics,
  fc.record({ type: fc.constant('receiver-reference-time' as const), ntpSeconds: uint32, ntpFraction: uint32 }),
  fc.record({
    type: fc.constant('dlrr' as const),
    receivers: fc.array(fc.record({ ssrc: uint32, lastRr: uint32, delaySinceLastRr: uint32 }), { maxLength: 3 }),
  }),
);

function parsed(hex: string): ReturnType<typeof parseRtcp> {
  const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  return parseRtcp(bytes, bytes.length);
}

describe('RFC 3611 extended reports', () => {
  test('RFC 3611 §3 what is written is read back, behind a receiver report', () => {
    fc.assert(
      fc.property(uint32, fc.array(block, { maxLength: 4 }), (ssrc, blocks) => {
        const packets: RtcpPacket[] = [
          { type: 'rr', ssrc, reports: [] },
          { type: 'xr', ssrc, blocks },
        ];
        const out = Buffer.alloc(1500, 0xff);
        const bytes = out.subarray(0, writeRtcp(out, packets));
        expect(bytes.length % 4).toBe(0);
        expect(parseRtcp(bytes, bytes.length)).toEqual({ ok: true, value: packets });
      }),
    );
  });

  test('RFC 3611 §4.7 each field of VoIP metrics stands where the figure of the RFC has it', () => {
    const hex =
      '80cf000a 00000001 07000008 0000abcd 19024005 00780bb8 0032004d e9bf2810 52 7f 29 7f f5 00 0028 003c 00c8';
    expect(parsed(hex)).toEqual({
      ok: true,
      value: [
        {
          type: 'xr',
          ssrc: 1,
          blocks: [
            {
              type: 'voip-metrics',
              ssrc: 0xabcd,
              lossRate: 25,
              discardRate: 2,
              burstDensity: 64,
              gapDensity: 5,
              burstDurationMs: 120,
              gapDurationMs: 3000,
              roundTripMs: 50,
              endSystemDelayMs: 77,
              signalLevelDb: -23,
              noiseLevelDb: -65,
              residualEchoReturnLossDb: 40,
              gmin: 16,
              rFactor: 82,
              externalRFactor: null,
              mosLq: 4.1,
              mosCq: null,
              concealment: 'standard',
              adaptation: 'adaptive',
              bufferRate: 5,
              bufferNominalMs: 40,
              bufferMaximumMs: 60,
              bufferAbsoluteMaximumMs: 200,
            },
          ],
        },
      ],
    });
  });

  test('RFC 3611 §4.7.5 figures out of their range count as not measured', () => {
    const result = parsed(
      '80cf000a 00000001 07000008 0000abcd 00000000 00000000 00000000 7f7f7f10 65c809fe 00000000 00000000',
    );
    if (!result.ok || result.value[0]?.type !== 'xr') throw new Error('not read');
    expect(result.value[0].blocks[0]).toMatchObject({
      roundTripMs: null,
      signalLevelDb: null,
      noiseLevelDb: null,
      residualEchoReturnLossDb: null,
      rFactor: null,
      externalRFactor: null,
      mosLq: null,
      mosCq: null,
    });
  });

  test('RFC 3611 §3 blocks that are not known, or not of their type’s length, are passed over', () => {
    const unknown = '80cf0005 00000001 63000001 12345678 04000001 00000001';
    expect(parsed(unknown)).toEqual({ ok: true, value: [{ type: 'xr', ssrc: 1, blocks: [] }] });
  });

  test.each(['80cf0000', '80cf0002 00000001 07000008', '80cf0002 00000001 05000001'])(
    'RFC 3611 §3 a block longer than its packet refuses the datagram: %s',
    (hex) => {
      expect(parsed(`80c90001 00000001 ${hex}`)).toMatchObject({ ok: false, fault: 'bad-length' });
    },
  );

  test('RFC 3611 §2 no bytes behind the header make the reader throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom(4, 5, 7, 9), (rest, blockType) => {
        const words = Math.floor(rest.length / 4);
        const bytes = Uint8Array.from([0x80, 207, 0, words, ...rest.subarray(0, words * 4)]);
        if (bytes.length > 8) bytes[8] = blockType;
        parseRtcp(bytes, bytes.length);
      }),
      { numRuns: 2000 },
    );
  });
});
