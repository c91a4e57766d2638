import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RtcpPacketConverter, RtcpRrPacket, type RtcpSourceDescriptionPacket, type RtcpSrPacket } from 'werift';
import { parseRtcp, type ReportBlock, type RtcpPacket, writeRtcp } from '../../../media/rtcp/packet.js';

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const block: fc.Arbitrary<ReportBlock> = fc.record({
  ssrc: uint32,
  fractionLost: fc.integer({ min: 0, max: 255 }),
  cumulativeLost: fc.integer({ min: 0, max: 0x7f_ffff }),
  extendedHighestSequence: uint32,
  jitter: uint32,
  lastSr: uint32,
  delaySinceLastSr: uint32,
});
const blocks = fc.array(block, { maxLength: 3 });
const report: fc.Arbitrary<RtcpPacket> = fc.oneof(
  fc.record({
    type: fc.constant('sr' as const),
    ssrc: uint32,
    ntpSeconds: uint32,
    ntpFraction: uint32,
    rtpTimestamp: uint32,
    packetCount: uint32,
    octetCount: uint32,
    reports: blocks,
  }),
  fc.record({ type: fc.constant('rr' as const), ssrc: uint32, reports: blocks }),
);
const cname = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme-ascii' });

function bytesOf(packets: RtcpPacket[]): Buffer {
  const out = Buffer.alloc(1500, 0xff);
  return out.subarray(0, writeRtcp(out, packets));
}

describe('compound packets', () => {
  test('RFC 3550 §6.1 what is written is read back', () => {
    const reason = fc.option(cname, { nil: null });
    fc.assert(
      fc.property(
        report,
        uint32,
        cname,
        fc.array(uint32, { maxLength: 3 }),
        reason,
        (first, ssrc, name, ssrcs, why) => {
          const packets: RtcpPacket[] = [
            first,
            { type: 'sdes', chunks: [{ ssrc, cname: name }] },
            { type: 'bye', ssrcs, reason: why },
          ];
          const bytes = bytesOf(packets);
          expect(bytes.length % 4).toBe(0);
          expect(parseRtcp(bytes, bytes.length)).toEqual({ ok: true, value: packets });
        },
      ),
    );
  });

  test('RFC 3550 §6.4 werift reads SR, RR and CNAME as we wrote them', () => {
    fc.assert(
      fc.property(report, uint32, cname, (first, ssrc, name) => {
        const [head, sdes] = RtcpPacketConverter.deSerialize(
          bytesOf([first, { type: 'sdes', chunks: [{ ssrc, cname: name }] }]),
        );
        if (first.type !== 'sr' && first.type !== 'rr') return;
        const expected = first.reports.map((one) => ({
          ssrc: one.ssrc,
          fractionLost: one.fractionLost,
          packetsLost: one.cumulativeLost,
          highestSequence: one.extendedHighestSequence,
          jitter: one.jitter,
          lsr: one.lastSr,
          dlsr: one.delaySinceLastSr,
        }));
        expect((head as RtcpRrPacket).reports.map((one) => ({ ...one }))).toEqual(expected);
        if (first.type === 'sr') {
          const info = (head as RtcpSrPacket).senderInfo;
          expect(info.ntpTimestamp).toBe((BigInt(first.ntpSeconds) << 32n) | BigInt(first.ntpFraction));
          expect(info).toMatchObject({
            rtpTimestamp: first.rtpTimestamp,
            packetCount: first.packetCount,
            octetCount: first.octetCount,
          });
        }
        expect((sdes as RtcpSourceDescriptionPacket).chunks.map((one) => one.items[0]?.text)).toEqual([name]);
      }),
    );
  });

  test('RFC 3550 §6.4.1 what werift writes is read with the same figures', () => {
    const ours = { ssrc: 7, reports: [] };
    const bytes = new RtcpRrPacket({ ssrc: ours.ssrc }).serialize();
    expect(parseRtcp(bytes, bytes.length)).toEqual({ ok: true, value: [{ type: 'rr', ...ours }] });
  });

  test('RFC 3550 §6.4.1 a negative cumulative loss keeps its sign', () => {
    const lost = { ssrc: 1, fractionLost: 0, extendedHighestSequence: 9, jitter: 0, lastSr: 0, delaySinceLastSr: 0 };
    const packet: RtcpPacket = { type: 'rr', ssrc: 2, reports: [{ ...lost, cumulativeLost: -3 }] };
    const bytes = bytesOf([packet]);
    expect(parseRtcp(bytes, bytes.length)).toEqual({ ok: true, value: [packet] });
  });
});

describe('RFC 3550 §A.2 validity', () => {
  test('RFC 3550 §A.2 no bytes make the parser throw', () => {
    const likely = fc
      .tuple(fc.integer({ min: 0, max: 0x3f }), fc.integer({ min: 199, max: 206 }), fc.uint8Array({ maxLength: 80 }))
      .map(([low, packetType, rest]) => {
        const words = Math.floor(rest.length / 4);
        return Uint8Array.from([0x80 | low, packetType, 0, words, ...rest.subarray(0, words * 4)]);
      });
    fc.assert(
      fc.property(fc.oneof(likely, fc.uint8Array({ maxLength: 100 })), (bytes) => {
        const result = parseRtcp(bytes, bytes.length);
        if (!result.ok) expect(result.at).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    ['short', '80c900'],
    ['bad-length', '80c90000'],
    ['bad-version', '40c9000100000001'],
    ['bad-length', '80c9000200000001'],
    ['bad-length', '81c9000100000001'],
    ['bad-padding', 'a0c9000100000005'],
    ['bad-length', '81ca000200000001010a4142'],
  ])('RFC 3550 §A.2 the fault is %s for %s', (fault, hex) => {
    const bytes = Buffer.from(hex, 'hex');
    expect(parseRtcp(bytes, bytes.length)).toMatchObject({ ok: false, fault });
  });

  test('RFC 3550 §6.7 a packet type that is not known is passed over', () => {
    const bytes = Buffer.from('80c900010000000180cc00020000000131323334', 'hex');
    expect(parseRtcp(bytes, bytes.length)).toEqual({ ok: true, value: [{ type: 'rr', ssrc: 1, reports: [] }] });
  });

  test.each([
    ['80cb0000', 'RFC 3550 §6.6 a BYE of nobody', [{ type: 'bye', ssrcs: [], reason: null }]],
    ['80ca000080cc0000', 'RFC 3550 §6.5 an SDES of nobody, and what is passed over', [{ type: 'sdes', chunks: [] }]],
  ])('%s: %s is read, and again when it was written', (hex, _, packets) => {
    const bytes = Buffer.from(hex, 'hex');
    const read = parseRtcp(bytes, bytes.length);
    expect(read).toEqual({ ok: true, value: packets });
    const written = bytesOf(packets as RtcpPacket[]);
    expect(parseRtcp(written, written.length)).toEqual(read);
  });

  test('RFC 3550 §6.5.1 a text that is no UTF-8 is cut to what can be written again, at a whole character', () => {
    const texts = [Buffer.alloc(255, 0xff), Buffer.from(`${'a'.repeat(254)}\u00e9`).subarray(0, 255)];
    for (const text of [...texts, Buffer.from(`a${'\u00e9'.repeat(127)}`)]) {
      const bye = Buffer.concat([Buffer.from('80cb0040', 'hex'), Buffer.from([text.length]), text]);
      const sdes = Buffer.concat([Buffer.from('81ca00420000000101', 'hex'), bye.subarray(4), Buffer.alloc(3)]);
      const bytes = Buffer.concat([sdes, bye]);
      const read = parseRtcp(bytes, bytes.length);
      if (!read.ok) throw new Error(read.fault);
      const written = bytesOf(read.value);
      expect(parseRtcp(written, written.length)).toEqual(read);
      const [first, last] = read.value;
      const cname = first?.type === 'sdes' ? first.chunks[0]!.cname! : '';
      expect(last).toEqual({ type: 'bye', ssrcs: [], reason: cname });
      expect(Buffer.byteLength(cname)).toBeGreaterThan(252);
      expect(text.toString().startsWith(cname)).toBe(true);
    }
  });

  test('RFC 3550 §6.5.1 what we write is cut likewise', () => {
    const written = bytesOf([{ type: 'sdes', chunks: [{ ssrc: 1, cname: '\u{1f600}'.repeat(70) }] }]);
    const cname = '\u{1f600}'.repeat(63);
    expect(parseRtcp(written, written.length)).toEqual({
      ok: true,
      value: [{ type: 'sdes', chunks: [{ ssrc: 1, cname }] }],
    });
  });
});
