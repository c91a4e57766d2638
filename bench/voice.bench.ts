/**
 * What care for voices and rules of hearing cost in a room of 100 at 8 kHz with 3 talkers: µs of CPU per beat above that of the
 * plain room, and bytes of heap per beat after warm-up. Encoding is left out: bench/mixer.bench.ts has it.
 * Run: npm run build && node dist/bench/voice.bench.js
 */
import type { LegId, RoomId } from '../base/ids.js';
import type { Speaker } from '../rooms/member.js';
import { LegMember } from '../rooms/member.js';
import { Room } from '../rooms/room.js';
import { plainMember } from '../rooms/seat.js';

const members = 100;
const talkers = 3;
const frameSamples = 160;
const beats = 1000;
const legIds = Array.from({ length: members }, (_, i) => `${i}` as LegId);

function speaker(level: number, toneHz: number): Speaker {
  let at = 0;
  const voice = Int16Array.from({ length: 8000 }, (_, i) => level * Math.sin((2 * Math.PI * toneHz * i) / 8000));
  const nothing = (): undefined => undefined;
  return {
    sampleRateHz: 8000,
    codecRateHz: 8000,
    prepare: nothing,
    retune: nothing,
    prime: nothing,
    leave: nothing,
    cut: nothing,
    pull: (_dueMs, out) => {
      if (level === 0) return false;
      for (let i = 0; i < frameSamples; i += 1) out[i] = voice[at + i]!;
      at = (at + frameSamples) % 8000;
      return true;
    },
    push: nothing,
    pushShared: nothing,
  };
}

function measure(name: string, prepare: (room: Room) => void, plainUs = 0): number {
  const room = new Room('bench' as RoomId);
  legIds.forEach((legId, i) => {
    room.add(new LegMember(legId, speaker(i < talkers ? 3000 : 0, 200 + 7 * i), { echo: false }));
  });
  prepare(room);
  let beat = 0;
  for (; beat < beats; beat += 1) room.beat(beat, beat * 20);
  const heapBefore = process.memoryUsage().heapUsed;
  const cpuBefore = process.cpuUsage();
  for (; beat < 2 * beats; beat += 1) room.beat(beat, beat * 20);
  const { user, system } = process.cpuUsage(cpuBefore);
  const bytes = (process.memoryUsage().heapUsed - heapBefore) / beats;
  const us = (user + system) / beats;
  process.stdout.write(
    `${name.padEnd(32)}${(us - plainUs).toFixed(1).padStart(8)} µs ${bytes.toFixed(1).padStart(8)} B per beat\n`,
  );
  room.close();
  return us;
}

const talking = legIds.slice(0, talkers);
const plainUs = measure('plain', () => undefined);
measure('AGC of 3 talkers', (room) => talking.map((id) => room.set(id, { ...plainMember, agc: true })), plainUs);
measure(
  'denoise of 3 talkers',
  (room) => talking.map((id) => room.set(id, { ...plainMember, denoise: true })),
  plainUs,
);
const whisper = { heardBy: new Set(legIds.slice(3, 5)), hears: null };
measure('whisper of 1 to 2', (room) => room.setHearing(legIds[0]!, whisper), plainUs);
const side = new Set(legIds.slice(0, 10));
measure(
  'side room of 10',
  (room) => [...side].map((id) => room.setHearing(id, { heardBy: side, hears: side })),
  plainUs,
);
