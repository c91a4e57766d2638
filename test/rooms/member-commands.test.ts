import { describe, expect, test } from 'vitest';
import type { RoomLevelsReport } from '../../rooms/index.js';
import { MediaStage, roomId, type StagePhone } from '../support/media-stage.js';

const conference = roomId('conference');
const plain = { echo: false };

/** A guest in a room of two, in its own host or through a ring, and what the three hear within half a second. */
async function roomWithGuest(hosts: number): Promise<{ stage: MediaStage; phones: StagePhone[]; guest: StagePhone }> {
  const stage = new MediaStage(hosts);
  const guest = await stage.phone(500);
  const phones = [
    guest,
    await stage.phone(900, { roomId: 'conference' }),
    await stage.phone(1700, { roomId: 'conference' }),
  ];
  for (const phone of phones.slice(1)) phone.leg.join(conference, plain);
  await stage.clock.advance(40);
  guest.leg.join(conference, plain);
  await stage.clock.advance(500);
  expect(stage.pool.counts().ringLinks).toBe(hosts - 1);
  return { stage, phones, guest };
}

describe.each([
  ['in its own host', 1],
  ['through a ring', 2],
])('a member %s', (_where, hosts) => {
  test('is muted and heard again, deaf and hears again', async () => {
    const { stage, phones, guest } = await roomWithGuest(hosts);
    guest.leg.setMember({ isMuted: true });
    await stage.clock.advance(200);
    expect(await stage.listen(phones, 500)).toEqual([[900, 1700], [1700], [900]]);
    guest.leg.setMember({ isMuted: false, isDeaf: true });
    await stage.clock.advance(200);
    expect(await stage.listen(phones, 500)).toEqual([[], [500, 1700], [500, 900]]);
    guest.leg.setMember({ isDeaf: false });
    await stage.clock.advance(200);
    expect(await stage.listen(phones, 500)).toEqual([
      [900, 1700],
      [500, 1700],
      [500, 900],
    ]);
    expect((await stage.report()).map((report) => report.commandsRefused)).toEqual(Array(hosts).fill(0));
  });

  test('keeps what was set when it moves to another room, and may be set before it is in one', async () => {
    const { stage, phones, guest } = await roomWithGuest(hosts);
    const elsewhere = roomId('elsewhere');
    phones[1]!.leg.leave();
    phones[1]!.leg.setMember({ gainDb: -60 });
    phones[2]!.leg.join(elsewhere, plain);
    guest.leg.setMember({ isMuted: true });
    guest.leg.join(elsewhere, plain);
    phones[1]!.leg.join(elsewhere, plain);
    await stage.clock.advance(300);
    expect(await stage.listen(phones, 500)).toEqual([[1700], [1700], []]);
    expect((await stage.report()).map((report) => report.commandsRefused)).toEqual(Array(hosts).fill(0));
  });

  test('tells its level each 100 ms while it is asked for and in a room', async () => {
    const { stage, guest } = await roomWithGuest(hosts);
    guest.leg.watchLevel(true);
    await stage.clock.advance(1020);
    const levels = guest.events.filter((event) => event.type === 'level');
    expect(levels.length).toBeGreaterThanOrEqual(9);
    expect(levels.length).toBeLessThanOrEqual(10);
    // 8000 of 32768, a sine.
    for (const event of levels) expect(event).toMatchObject({ level: 15, isSpeaking: true });
    guest.leg.leave();
    await stage.clock.advance(100);
    guest.events.length = 0;
    await stage.clock.advance(1000);
    expect(guest.events).toEqual([]);
  });

  test('is in the levels of its room, however many listen, until the last has gone', async () => {
    const { stage, phones, guest } = await roomWithGuest(hosts);
    const told: RoomLevelsReport[] = [];
    const ends = [0, 1].map(() => stage.pool.watchLevels(conference, (report) => told.push(report)));
    await stage.clock.advance(1020);
    expect(told.length).toBeGreaterThanOrEqual(18);
    expect(told.length).toBeLessThanOrEqual(20);
    expect([...told.at(-1)!.legIds].sort()).toEqual(['leg1', 'leg2', 'leg3']);
    expect(told.at(-1)).toMatchObject({ roomId: 'conference', levels: [15, 15, 15], omitted: 0 });
    // The room goes, and comes again.
    for (const phone of phones) phone.leg.leave();
    await stage.clock.advance(100);
    told.length = 0;
    await stage.clock.advance(500);
    expect(told).toEqual([]);
    for (const phone of [...phones].reverse()) phone.leg.join(conference, plain);
    await stage.clock.advance(500);
    expect(told.length).toBeGreaterThanOrEqual(6);
    for (const end of [...ends, ...ends]) end();
    await stage.clock.advance(40);
    told.length = 0;
    guest.events.length = 0;
    await stage.clock.advance(1000);
    expect([told, guest.events]).toEqual([[], []]);
    expect((await stage.report()).map((report) => report.commandsRefused)).toEqual(Array(hosts).fill(0));
  });
});
