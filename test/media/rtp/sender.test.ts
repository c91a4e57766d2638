import { expect, test } from 'vitest';
import { RtpHeader, readRtp } from '../../../media/rtp/packet.js';
import { RtpSender } from '../../../media/rtp/sender.js';

function read(bytes: Uint8Array, length: number): { sequence: number; timestamp: number; marker: boolean } {
  const header = new RtpHeader();
  expect(readRtp(bytes, length, header)).toBeNull();
  return { sequence: header.sequence, timestamp: header.timestamp, marker: header.marker };
}

test('RFC 3550 §5.1 sequence and timestamp go on over their wrap; the marker stands on the first packet and after a pause', () => {
  const sender = new RtpSender({ ssrc: 0xdead_beef, sequence: 0xffff, timestamp: 0xffff_ffff - 159 });
  const out = new Uint8Array(200);
  const sound = () => read(out, sender.writeSound(out, 0, sender.timestamp, 160));
  expect(sound()).toEqual({ sequence: 65535, timestamp: 4294967136, marker: true });
  sender.advance(160);
  expect(sound()).toEqual({ sequence: 0, timestamp: 0, marker: false });
  sender.advance(160);
  sender.pause();
  sender.advance(160);
  expect(sound()).toEqual({ sequence: 1, timestamp: 320, marker: true });
  expect(sender).toMatchObject({ packetsSent: 3, bytesSent: 480 });
});

test('RFC 7160 §4.1 after a change of clock rate the line goes on from where it is, at the new pace', () => {
  const sender = new RtpSender({ ssrc: 1, sequence: 1, timestamp: 1000 });
  sender.advance(160);
  sender.advance(960);
  expect(sender.timestamp).toBe(2120);
});

test('RFC 4733 §2.2.2 an event has its own timestamp and marker; the sound after it begins anew', () => {
  const sender = new RtpSender({ ssrc: 1, sequence: 10, timestamp: 500 });
  const out = new Uint8Array(200);
  expect(read(out, sender.writeEvent(out, 101, 500, 4, true))).toEqual({ sequence: 10, timestamp: 500, marker: true });
  sender.advance(160);
  expect(read(out, sender.writeEvent(out, 101, 500, 4, false))).toEqual({
    sequence: 11,
    timestamp: 500,
    marker: false,
  });
  sender.advance(160);
  expect(read(out, sender.writeSound(out, 0, sender.timestamp, 160))).toEqual({
    sequence: 12,
    timestamp: 820,
    marker: true,
  });
});
