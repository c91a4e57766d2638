import { LegReceiver } from '../../media/leg-receiver.js';
import { OneWayWatch } from '../../media/one-way.js';
import { LegQuality } from '../../media/quality/leg-quality.js';
import { readRows } from '../../media/quality/series.js';
import { voipMetricsOf } from '../../media/quality/voip-metrics.js';
import { parseRtcp, type RtcpPacket, writeRtcp } from '../../media/rtcp/packet.js';
import { RtcpReporter } from '../../media/rtcp/reporter.js';
import { RTP_HEADER_BYTES, RtpHeader, readRtp, writeRtpHeader } from '../../media/rtp/packet.js';
import type { LegMedia } from '../../media/sdp/leg-media.js';
import { ManualClock } from '../support/manual-clock.js';
import { createSeededRandom } from '../support/seeded-random.js';
import { type FuzzTarget, must } from './target.js';

const OURS = 0xcafe_f00d;

const block = {
  ssrc: OURS,
  fractionLost: 9,
  cumulativeLost: -1,
  extendedHighestSequence: 70_000,
  jitter: 80,
  lastSr: 0x1234_5678,
  delaySinceLastSr: 65_536,
};

const metrics = {
  type: 'voip-metrics' as const,
  ssrc: OURS,
  lossRate: 3,
  discardRate: 1,
  burstDensity: 99,
  gapDensity: 1,
  burstDurationMs: 120,
  gapDurationMs: 9000,
  roundTripMs: 50,
  endSystemDelayMs: 70,
  signalLevelDb: -20,
  noiseLevelDb: -60,
  residualEchoReturnLossDb: 40,
  gmin: 16,
  rFactor: 90,
  externalRFactor: null,
  mosLq: 4.2,
  mosCq: 4.1,
  concealment: 'standard' as const,
  adaptation: 'adaptive' as const,
  bufferRate: 5,
  bufferNominalMs: 40,
  bufferMaximumMs: 60,
  bufferAbsoluteMaximumMs: 200,
};

const compounds: readonly (readonly RtcpPacket[])[] = [
  [
    {
      type: 'sr',
      ssrc: 7,
      ntpSeconds: 1,
      ntpFraction: 2,
      rtpTimestamp: 3,
      packetCount: 4,
      octetCount: 5,
      reports: [block],
    },
    { type: 'sdes', chunks: [{ ssrc: 7, cname: 'a@b' }] },
    { type: 'bye', ssrcs: [7], reason: 'gone' },
  ],
  [
    { type: 'rr', ssrc: 7, reports: [block, { ...block, ssrc: 8 }] },
    {
      type: 'xr',
      ssrc: 7,
      blocks: [
        metrics,
        { type: 'receiver-reference-time', ntpSeconds: 1, ntpFraction: 2 },
        { type: 'dlrr', receivers: [{ ssrc: OURS, lastRr: 5, delaySinceLastRr: 6 }] },
      ],
    },
  ],
];

function bytesOf(packets: readonly RtcpPacket[]): Buffer {
  const out = Buffer.alloc(1500);
  return out.subarray(0, writeRtcp(out, packets));
}

/** Never throws; what was read is the same when it is written and read again; what is answered is RTCP. */
const rtcp: FuzzTarget = {
  name: 'rtcp',
  seeds: () => [
    ...compounds.map(bytesOf),
    Buffer.from('80cc000180000000', 'hex'),
    Buffer.from('80cb000080cc0000', 'hex'),
    Buffer.concat([Buffer.from('80cb0040ff', 'hex'), Buffer.alloc(255, 0xff)]),
  ],
  run(data) {
    const read = parseRtcp(data, data.length);
    // Nothing that is known may have been in it; and of nothing there is no datagram.
    if (read.ok && read.value.length > 0) {
      const out = Buffer.alloc(data.length * 4 + 1500);
      const again = parseRtcp(out, writeRtcp(out, read.value));
      must(again.ok && again.value.length === read.value.length, 'what was read can be written');
      if (again.ok) must(JSON.stringify(again.value) === JSON.stringify(read.value), 'and is the same then');
    }
    const clock = new ManualClock();
    const reporter = new RtcpReporter({ clock, random: createSeededRandom(1), ssrc: OURS, cname: 'a' });
    must(reporter.receive(data, data.length, 5000) || reporter.faults === 1, 'it is taken, or counted');
    must(reporter.roundTripMs === null || reporter.roundTripMs <= 60_000, 'a round trip is one');
    const watch = new OneWayWatch();
    watch.arm(true, 0, { moved: true, packetsSent: 0 });
    watch.reported(reporter.news, 500, 5000);
    watch.check(5000, 500);
    const out = Buffer.alloc(512);
    const sending = { rtpTimestamp: 1, packetsSent: 1, bytesSent: 1 };
    const bytes = reporter.write(out, 5020, { sending, source: null, bye: true, asksRoundTrip: true });
    must(parseRtcp(out, bytes).ok, 'what we answer is RTCP');
  },
};

const media: LegMedia = {
  remote: { address: '192.0.2.1', rtpPort: 4000, rtcpPort: 4001 },
  direction: 'sendrecv',
  held: false,
  send: { codec: 'pcmu', payloadType: 0, clockRateHz: 8000, ptimeMs: 20, parameters: '' },
  receive: [
    { codec: 'pcmu', payloadType: 0, clockRateHz: 8000, parameters: '' },
    { codec: 'g722', payloadType: 9, clockRateHz: 8000, parameters: '' },
  ],
  telephoneEvents: [{ sendPayloadType: 101, receivePayloadType: 101, clockRateHz: 8000 }],
  rtcpMux: false,
};

function packet(payloadType: number, sequence: number, payload: Uint8Array): Buffer {
  const header = Object.assign(new RtpHeader(), { payloadType, sequence, timestamp: sequence * 160, ssrc: 7 });
  const out = Buffer.alloc(RTP_HEADER_BYTES + payload.length);
  writeRtpHeader(out, header);
  out.set(payload, RTP_HEADER_BYTES);
  return out;
}

/** Datagrams, each behind two octets of its length. */
function framed(packets: readonly Buffer[]): Buffer {
  return Buffer.concat(packets.flatMap((data) => [Buffer.from([data.length >> 8, data.length & 0xff]), data]));
}

/**
 * A stream of datagrams, a beat apart: none makes the way in throw, and the figures of it stay figures. The sound has
 * always the length of the beat.
 */
const rtp: FuzzTarget = {
  name: 'rtp',
  seeds: () => {
    const sound = new Uint8Array(160).fill(0x80);
    const event = Uint8Array.from([5, 0x8a, 0, 160]);
    const plain = Array.from({ length: 8 }, (_, at) => packet(0, 65_532 + at, sound));
    const mixed = [
      packet(0, 1, sound),
      packet(9, 3, sound),
      packet(101, 4, event),
      packet(13, 5, event),
      packet(0, 2, sound),
    ];
    const extended = Buffer.concat([
      packet(0, 9, sound).subarray(0, 12),
      Buffer.from('bede000110000000', 'hex'),
      sound,
    ]);
    extended[0] = 0x90;
    const padded = Buffer.concat([packet(0, 10, sound), Buffer.from([0, 0, 0, 4])]);
    padded[0] = 0xa0;
    return [framed(plain), framed(mixed), framed([extended, padded, Buffer.alloc(3)])];
  },
  run(data) {
    const receiver = new LegReceiver({ sampleRateHz: 8000, onDigit: () => undefined });
    receiver.set(media.receive, media.telephoneEvents, true);
    const far = {
      roundTripMs: null,
      remoteLostFraction: null,
      remoteLost: null,
      remoteJitterTicks: null,
      remoteMetrics: null,
    };
    const quality = new LegQuality({ heard: receiver, told: { packetsSent: 0 }, far });
    quality.set(media, 0);
    const header = new RtpHeader();
    const out = new Int16Array(160);
    let nowMs = 0;
    for (let at = 0; at + 2 <= data.length && nowMs < 4000; nowMs += 20) {
      const end = Math.min(data.length, at + 2 + data.readUInt16BE(at));
      const datagram = data.subarray(at + 2, end);
      if (readRtp(datagram, datagram.length, header) === null) {
        must(header.payloadOffset + header.payloadBytes <= datagram.length, 'the payload lies within the datagram');
        receiver.receive(header, datagram, nowMs);
      }
      receiver.pull(nowMs + 20, out);
      quality.beat(nowMs + 20);
      at = end;
    }
    quality.beat(nowMs + 2000);
    const report = quality.report(0, null, 0);
    must(report.series.seconds.every(Number.isInteger), 'every figure is kept as a whole number');
    for (const row of readRows(report.series.seconds)) must((row.rFactor ?? 0) <= 93.2, 'R has its limits');
    const { source, packetMs, bufferMs, bufferTargetMs } = receiver;
    if (source === null) return;
    const figures = { source, codec: 'pcmu', packetMs, sendPtimeMs: 20, bufferMs, bufferTargetMs, roundTripMs: null };
    const written = bytesOf([{ type: 'xr', ssrc: 1, blocks: [voipMetricsOf(figures)] }]);
    must(parseRtcp(written, written.length).ok, 'what we say of it is RTCP');
  },
};

export const mediaTargets: readonly FuzzTarget[] = [rtp, rtcp];
