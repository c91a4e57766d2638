import { describe, expect, test } from 'vitest';
import { RtpPacket } from 'werift';
import { ForwardLine, type ForwardLineOptions, midExtension } from '../../../media/rtp/forward-line.js';
import { RtpHeader, readRtp, writeRtpHeader } from '../../../media/rtp/packet.js';

const [alice, bob] = [{}, {}];

interface Sent {
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc?: number;
  readonly marker?: boolean;
}

/** A track, and what its listener is sent for packets of members. */
function track(options: Partial<ForwardLineOptions> = {}) {
  const line = new ForwardLine({
    ssrc: 9,
    sequence: 65_534,
    timestamp: 2 ** 32 - 960,
    clockRateHz: 48_000,
    ...options,
  });
  const out = new Uint8Array(200);
  const forward = (source: object, packet: Sent, nowMs: number, payload = [1, 2, 3]) => {
    const data = new Uint8Array(12 + payload.length);
    const header = Object.assign(new RtpHeader(), { payloadType: 111, ssrc: source === alice ? 1 : 2, ...packet });
    writeRtpHeader(data, header);
    data.set(payload, 12);
    expect(readRtp(data, data.length, header)).toBeNull();
    const length = line.write(out, source, header, data, 96, nowMs);
    return length === 0 ? null : RtpPacket.deSerialize(Buffer.from(out.slice(0, length)));
  };
  const said = (source: object, packet: Sent, nowMs: number) => {
    const sent = forward(source, packet, nowMs)?.header;
    return sent === undefined ? null : [sent.sequenceNumber, sent.timestamp, sent.marker];
  };
  return { line, forward, said };
}

describe('RFC 3550 §7.1 a track that carries one member after the other', () => {
  test('is one line: one SSRC, no gap in sequence, time goes on with the clock, a marker where another begins', () => {
    const { said, forward, line } = track();
    expect(said(alice, { sequence: 500, timestamp: 1000 }, 0)).toEqual([65_534, 2 ** 32 - 960, true]);
    expect(said(alice, { sequence: 501, timestamp: 1960 }, 20)).toEqual([65_535, 0, false]);
    expect(said(bob, { sequence: 9, timestamp: 77 }, 60)).toEqual([0, 1920, true]);
    expect(said(bob, { sequence: 10, timestamp: 77 + 960 }, 80)).toEqual([1, 2880, false]);
    expect(said(alice, { sequence: 800, timestamp: 2 ** 32 - 1 }, 81)).toEqual([2, 3840, true]);
    expect(said(alice, { sequence: 801, timestamp: 959 }, 101)).toEqual([3, 4800, false]);
    const { header, payload } = forward(alice, { sequence: 802, timestamp: 1919 }, 121)!;
    expect([header.ssrc, header.payloadType, [...payload]]).toEqual([9, 96, [1, 2, 3]]);
    expect(line).toMatchObject({ packetsSent: 7, bytesSent: 21, packetsOld: 0 });
  });

  test('what a member’s line has lost or reordered stays so', () => {
    const { said } = track({ sequence: 100, timestamp: 0 });
    said(alice, { sequence: 5, timestamp: 0 }, 0);
    expect(said(alice, { sequence: 8, timestamp: 2880 }, 60)).toEqual([103, 2880, false]);
    expect(said(alice, { sequence: 7, timestamp: 1920 }, 61)).toEqual([102, 1920, false]);
    expect(said(bob, { sequence: 1, timestamp: 0 }, 80)).toEqual([104, 3840, true]);
  });

  test('a packet from before its turn would stand where another one’s was: it is not sent', () => {
    const { said, line } = track({ sequence: 100, timestamp: 0 });
    said(bob, { sequence: 50, timestamp: 0 }, 0);
    said(alice, { sequence: 5, timestamp: 0 }, 20);
    expect(said(alice, { sequence: 4, timestamp: 0 }, 21)).toBeNull();
    expect(line.packetsOld).toBe(1);
  });

  test('a member whose own line begins anew goes on in this one', () => {
    const { said } = track({ sequence: 100, timestamp: 0 });
    said(alice, { sequence: 5, timestamp: 0 }, 0);
    expect(said(alice, { sequence: 40_000, timestamp: 5 }, 20)).toEqual([101, 960, true]);
    expect(said(alice, { sequence: 1, timestamp: 6, ssrc: 77 }, 40)).toEqual([102, 1920, true]);
  });

  test('RFC 9143 §15 tells its m-line with each packet, and what does not fit is not sent', () => {
    const { forward } = track({ extension: midExtension(4, 'audio1') });
    const { header, payload } = forward(alice, { sequence: 5, timestamp: 0 }, 0)!;
    expect(header.extensions).toEqual([{ id: 4, payload: Buffer.from('audio1') }]);
    expect([...payload]).toEqual([1, 2, 3]);
    expect(forward(alice, { sequence: 6, timestamp: 0 }, 0, new Array(200).fill(0))).toBeNull();
    expect([midExtension(0, 'a'), midExtension(15, 'a'), midExtension(1, ''), midExtension(1, 'x'.repeat(17))]).toEqual(
      [null, null, null, null],
    );
  });
});
