/**
 * What mixing costs without sockets: µs of CPU per member and beat, and bytes of heap per beat after warm-up, for rooms
 * of 3 to 1,000 with 3 talkers, with everybody talking, and with the background noise of everybody else. Encoding to PCMU is included, decoding is not.
 * Run: npm run build && node dist/bench/mixer.bench.js
 */
import type { LegId, RoomId } from '../base/ids.js';
import { EncodingLine, encodingKind } from '../media/index.js';
import type { Speaker } from '../rooms/member.js';
import { LegMember } from '../rooms/member.js';
import { Room } from '../rooms/room.js';

const frameSamples = 160;
const payload = new Uint8Array(frameSamples);
const kind = encodingKind({ codec: 'pcmu', clockRateHz: 8000, ptimeMs: 20, parameters: '' });
const line = new EncodingLine(kind, 8000);

/** @param level  peak of what it says; 0 = nothing is sent */
function speaker(level: number, toneHz: number): Speaker {
  let at = 0;
  const voice = Int16Array.from({ length: 8000 }, (_, i) => level * Math.sin((2 * Math.PI * toneHz * i) / 8000));
  return {
    sampleRateHz: 8000,
    codecRateHz: 8000,
    prepare: () => undefined,
    retune: () => undefined,
    prime: () => undefined,
    leave: () => undefined,
    cut: () => undefined,
    pull: (_dueMs, out) => {
      if (level === 0) return false;
      for (let i = 0; i < frameSamples; i += 1) out[i] = voice[at + i]!;
      at = (at + frameSamples) % 8000;
      return true;
    },
    push: (_dueMs, frame) => {
      if (frame === null) return;
      line.write(frame);
      line.take(payload, 0);
    },
    pushShared: (_dueMs, shared) => {
      payload.set(shared.payloadsOf(kind, line)!.packets[0]!);
    },
  };
}

function measure(members: number, talkers: number, noise = 0): string {
  const room = new Room('bench' as RoomId);
  for (let i = 0; i < members; i += 1)
    room.add(new LegMember(`${i}` as LegId, speaker(i < talkers ? 3000 : noise, 200 + 7 * i), { echo: false }));
  const beats = Math.ceil(400_000 / members);
  let beat = 0;
  for (; beat < beats; beat += 1) room.beat(beat, beat * 20);
  const heapBefore = process.memoryUsage().heapUsed;
  const cpuBefore = process.cpuUsage();
  for (; beat < 2 * beats; beat += 1) room.beat(beat, beat * 20);
  const cpu = process.cpuUsage(cpuBefore);
  const bytesPerBeat = (process.memoryUsage().heapUsed - heapBefore) / beats;
  const perMember = (cpu.user + cpu.system) / (beats * members);
  const name = `${members} members, ${talkers} talk${noise === 0 ? '' : ' in noise'}`.padEnd(32);
  return `${name}${perMember.toFixed(3).padStart(8)} µs per member and beat ${bytesPerBeat.toFixed(1).padStart(8)} B per beat\n`;
}

for (const members of [3, 10, 100, 400, 1000]) process.stdout.write(measure(members, 3));
for (const members of [10, 100]) process.stdout.write(measure(members, members));
for (const members of [10, 100, 400]) process.stdout.write(measure(members, 3, 60));
