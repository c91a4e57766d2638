import type { OpusDecoder } from '../../media/codec/opus/decoder.js';
import type { OpusEncoder } from '../../media/codec/opus/encoder.js';
import { createOpusHost, type OpusHost } from '../../media/codec/opus/opus.js';
import { quietGain } from '../../media/codec/opus/quiet-packet.js';

const FRAME = 320;
const ROUNDS = 12;
const BEATS = 250;
/** −55 and −78 dBov, as media/leg-receiver.ts has them. */
const NOT_HEARD_POWER = 3395;
const TALKERS = 3;

/** Least CPU in µs of a call, of each way, in turns: other work on the machine only ever adds. */
function least(before: () => void, after: () => void, calls: number): [number, number] {
  const best: [number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [way, run] of [before, after].entries()) {
      const start = process.cpuUsage();
      run();
      const { user, system } = process.cpuUsage(start);
      best[way as 0 | 1] = Math.min(best[way as 0 | 1], (user + system) / calls);
    }
  }
  return best;
}

function line(name: string, [before, after]: readonly [number, number], unit = 'µs'): void {
  const figure = (value: number): string => value.toFixed(2).padStart(8);
  process.stdout.write(`${name.padEnd(56)}${figure(before)} → ${figure(after)} ${unit}\n`);
}

function noise(samples: number, amplitude: number): Int16Array {
  let seed = 1;
  return Int16Array.from({ length: samples }, () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.round((seed / 0x3fff_ffff - 1) * amplitude);
  });
}

function encoded(host: OpusHost, pcm: Int16Array, dtx = false): Uint8Array[] {
  const encoder = host.createEncoder(16_000, { dtx });
  const out = new Uint8Array(1400);
  const payloads: Uint8Array[] = [];
  for (let loop = 0; loop < 2; loop += 1) {
    payloads.length = 0;
    for (let at = 0; at + FRAME <= pcm.length; at += FRAME) {
      payloads.push(out.slice(0, encoder.encode(pcm, at, FRAME, out, 0)));
    }
  }
  encoder.close();
  return payloads;
}

/** One way of a line: decodes its loop, what is missing made up. */
function listen(decoder: OpusDecoder, payloads: readonly Uint8Array[], unheardPower: number): void {
  const out = new Int16Array(FRAME);
  decoder.unheardPower = unheardPower;
  for (const payload of payloads) {
    if (payload.length > 0) decoder.decode(payload, 0, payload.length, out, 0);
    else decoder.conceal(out, 0, FRAME);
  }
}

/** What a packet costs when nobody hears the line until it speaks: decoded each, and as it is now. */
function compareLines(host: OpusHost, voice: Int16Array): void {
  const samples = FRAME * BEATS;
  const room = noise(samples, 12);
  const talk = room.map((sample, i) => sample + (i < voice.length ? voice[i]! : 0));
  const lines = [
    ['digital silence', encoded(host, new Int16Array(samples))],
    ['a quiet room', encoded(host, room)],
    ['a second of speech in five of a quiet room', encoded(host, talk)],
    ['a quiet room with DTX', encoded(host, room, true)],
  ] as const;
  for (const [name, payloads] of lines) {
    const [plain, resting] = [host.createDecoder(16_000), host.createDecoder(16_000)];
    const both = least(
      () => listen(plain, payloads, 0),
      () => listen(resting, payloads, NOT_HEARD_POWER),
      payloads.length,
    );
    line(`decode, unheard: ${name}`, both);
    plain.close();
    resting.close();
  }
  const quiet = lines[1][1][100]!;
  const read = (): void => {
    for (let i = 0; i < BEATS; i += 1) quietGain(quiet, 0, quiet.length);
  };
  line('  of which reading the gains of a packet', [0, least(read, read, BEATS)[1]]);
}

function compareSilence(host: OpusHost): void {
  const [encoder, settled] = [host.createEncoder(16_000), host.createEncoder(16_000)];
  const silence = new Int16Array(FRAME);
  const out = new Uint8Array(1400);
  const all = (of: OpusEncoder, forgets: boolean): void => {
    for (let i = 0; i < BEATS; i += 1) {
      // The same settings again: what was known of the silence is not any more.
      if (forgets) of.configure(of.settings);
      of.encode(silence, 0, FRAME, out, 0);
    }
  };
  const both = least(
    () => all(encoder, true),
    () => all(settled, false),
    BEATS,
  );
  line('encode digital silence', both);
}

/**
 * What Opus alone costs in a room with three steady talkers: each hears the two others, all others one mix, and nobody
 * hears those who are silent. `apart`: silent members that still have an encoder of their own, because they have
 * spoken within nine seconds, or because ±1 came of their silence in a room of up to six.
 */
function compareRoom(host: OpusHost, members: number, apart: number, voice: Int16Array): void {
  const spoken = encoded(host, voice);
  const silent = encoded(host, new Int16Array(voice.length));
  const decoders = (): OpusDecoder[] => Array.from({ length: members }, () => host.createDecoder(16_000));
  const encoders = Array.from({ length: TALKERS + 1 + apart }, () => host.createEncoder(16_000));
  const copy = host.createEncoder(16_000);
  const [pcm, out] = [new Int16Array(FRAME), new Uint8Array(1400)];
  const beats = spoken.length;
  const run = (of: readonly OpusDecoder[], unheardPower: number, encodes: number): void => {
    for (let beat = 0; beat < beats; beat += 1) {
      for (const [i, decoder] of of.entries()) {
        const payload = (i < TALKERS ? spoken : silent)[beat]!;
        decoder.unheardPower = i < TALKERS ? 0 : unheardPower;
        decoder.decode(payload, 0, payload.length, pcm, 0);
      }
      copy.copyFrom(encoders[0]!);
      for (let i = 0; i < encodes; i += 1) encoders[i]!.encode(voice, beat * FRAME, FRAME, out, 0);
    }
  };
  const [plain, resting] = [decoders(), decoders()];
  const perBeat = least(
    () => run(plain, 0, TALKERS + 1 + apart),
    () => run(resting, NOT_HEARD_POWER, TALKERS + 1),
    beats,
  );
  const [before, after] = perBeat.map((us) => (us * 50) / 1000 / members) as [number, number];
  line(`a room of ${members}, 3 talk, ${apart} have spoken lately`, [before, after], 'ms per participant-second');
  for (const handle of [...plain, ...resting, ...encoders, copy]) handle.close();
}

/** Old way and new way of ADR 20, in one run. @param voice a second at 16 kHz */
export function compareWays(voice: Int16Array): void {
  const host = createOpusHost();
  compareLines(host, voice);
  compareSilence(host);
  compareRoom(host, 100, 0, voice);
  compareRoom(host, 100, 6, voice);
  compareRoom(host, 10, 0, voice);
  compareRoom(host, 10, 6, voice);
}
