import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RtpPacket, RtpHeader as WeriftHeader } from 'werift';
import { RTP_HEADER_BYTES, RtpHeader, readRtp, writeRtpHeader } from '../../../media/rtp/packet.js';
import { sequenceDelta, timestampDelta } from '../../../media/rtp/sequence.js';

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
/** Payload types that do not look like RTCP (RFC 5761 §4). */
const payloadType = fc.oneof(fc.integer({ min: 0, max: 63 }), fc.integer({ min: 96, max: 127 }));
const fields = fc.record({
  marker: fc.boolean(),
  payloadType,
  sequenceNumber: fc.integer({ min: 0, max: 0xffff }),
  timestamp: uint32,
  ssrc: uint32,
});

describe('reading', () => {
  test('RFC 3550 §5.1 every packet that werift writes is read with the same fields and payload', () => {
    const extensions = fc.array(
      fc.record({ id: fc.integer({ min: 1, max: 14 }), payload: fc.uint8Array({ minLength: 1, maxLength: 16 }) }),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(
        fields,
        fc.array(uint32, { maxLength: 15 }),
        extensions,
        fc.uint8Array({ maxLength: 200 }),
        (line, csrc, items, payload) => {
          const header = new WeriftHeader({
            ...line,
            csrc,
            csrcLength: csrc.length,
            extension: items.length > 0,
            extensions: items.map((item) => ({ id: item.id, payload: Buffer.from(item.payload) })),
          });
          const bytes = new RtpPacket(header, Buffer.from(payload)).serialize();
          const ours = new RtpHeader();
          expect(readRtp(bytes, bytes.length, ours)).toBeNull();
          expect(ours).toMatchObject({
            marker: line.marker,
            payloadType: line.payloadType,
            sequence: line.sequenceNumber,
            timestamp: line.timestamp,
            ssrc: line.ssrc,
            csrcCount: csrc.length,
            extensionProfile: items.length > 0 ? 0xbede : -1,
          });
          expect([...bytes.subarray(ours.payloadOffset, ours.payloadOffset + ours.payloadBytes)]).toEqual([...payload]);
        },
      ),
    );
  });

  test('RFC 3550 §5.1 no bytes make the reader throw, and a payload never reaches beyond the datagram', () => {
    const header = new RtpHeader();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.integer({ min: 0, max: 255 }), (bytes, first) => {
        if (bytes.length > 0) bytes[0] = first;
        if (readRtp(bytes, bytes.length, header) !== null) return;
        expect(header.payloadOffset).toBeGreaterThanOrEqual(RTP_HEADER_BYTES);
        expect(header.payloadBytes).toBeGreaterThanOrEqual(0);
        expect(header.payloadOffset + header.payloadBytes).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['short', '8000000100000001000000'],
    ['bad-version', '400000010000000100000002'],
    ['short', '810000010000000100000002'],
    ['short', '9000000100000001000000020001'],
    ['short', '90000001000000010000000200010002ffffffff'],
    ['bad-padding', 'a0000001000000010000000200'],
    ['bad-padding', 'a000000100000001000000020003'],
    ['rtcp', '80c800010000000100000002'],
    ['rtcp', '80c9000100000001'],
  ])('RFC 3550 §5.1 the fault is %s for %s', (fault, hex) => {
    const bytes = Buffer.from(hex, 'hex');
    expect(readRtp(bytes, bytes.length, new RtpHeader())).toBe(fault);
  });

  test('RFC 3550 §5.1 padding is taken off the payload', () => {
    const bytes = Buffer.from('a00000010000000100000002aabb0003', 'hex').fill(3, 15);
    const header = new RtpHeader();
    expect(readRtp(bytes, bytes.length, header)).toBeNull();
    expect(bytes.subarray(header.payloadOffset, header.payloadOffset + header.payloadBytes).toString('hex')).toBe('aa');
  });
});

test('RFC 3550 §5.1 werift reads every header that we write', () => {
  fc.assert(
    fc.property(fields, (line) => {
      const header = Object.assign(new RtpHeader(), { ...line, sequence: line.sequenceNumber });
      const bytes = Buffer.alloc(RTP_HEADER_BYTES + 3, 0xff);
      writeRtpHeader(bytes, header);
      const read = RtpPacket.deSerialize(bytes);
      expect(read.header).toMatchObject({ version: 2, padding: false, extension: false, csrcLength: 0, ...line });
      expect(read.payload.toString('hex')).toBe('ffffff');
    }),
  );
});

test('RFC 3550 §5.1 the order of sequence numbers and timestamps wraps', () => {
  const small = fc.integer({ min: -32768, max: 32767 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffff }), small, (from, step) => {
      expect(sequenceDelta((from + step) & 0xffff, from)).toBe(step);
    }),
  );
  fc.assert(
    fc.property(uint32, fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }), (from, step) => {
      expect(timestampDelta((from + step) >>> 0, from)).toBe(step);
    }),
  );
});
