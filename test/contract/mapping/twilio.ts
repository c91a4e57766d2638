import { expect } from 'vitest';
import type { RowTest } from './desk.js';
import { livekit } from './livekit.js';

/** The same of LiveKit: what it maps to is the same call of ours. */
const as = (name: string): RowTest => livekit[name]!;

/** Rows of the table of Twilio's Conference and Participant resources and status callbacks. */
export const twilio: Readonly<Record<string, RowTest>> = {
  'create participant': as('CreateSIPParticipant'),
  'list participants': as('ListParticipants'),
  'fetch participant': as('GetParticipant'),
  'delete participant': as('RemoveParticipant'),
  Muted: as('MutePublishedTrack'),

  Hold: async (desk) => {
    await desk.meet(2);
    await desk.change(0, { muted: true, deaf: true });
    expect([await desk.heardBy(0), await desk.heardBy(1)]).toEqual([[], []]);
    await desk.change(0, { muted: false, deaf: false });
    expect([await desk.heardBy(0), await desk.heardBy(1)]).toEqual([[1], [0]]);
  },

  Coaching: async (desk) => {
    await desk.meet(3);
    const agent = await desk.member(0);
    // 1003 coaches 1001: it hears both, and 1001 alone hears it.
    await desk.change(2, { heard_by: [agent.member_id] });
    expect([await desk.heardBy(0), await desk.heardBy(1), await desk.heardBy(2)]).toEqual([[1, 2], [0], [0, 1]]);
  },

  CallSidToCoach: async (desk) => {
    await desk.meet(3);
    for (const at of [0, 1]) {
      const { member_id } = await desk.member(at);
      await desk.change(2, { heard_by: [member_id] });
      expect([await desk.heardBy(at), await desk.heardBy(1 - at)]).toEqual([[1 - at, 2], [at]]);
    }
  },

  EndConferenceOnExit: async (desk) => {
    await desk.meet(2, { ends_with_host: true });
    await desk.change(0, { role: 'host' });
    desk.phones[0]?.call?.hangUp();
    await desk.world.clock.advance(1000);
    expect([desk.isUp(1), (await desk.ask('GET', '/rooms/r1')).status]).toEqual([false, 404]);
  },

  StartConferenceOnEnter: async (desk) => {
    await desk.meet(2, { wait_for_host: true });
    expect([(await desk.member(0)).place, await desk.heardBy(0)]).toEqual(['lobby', []]);
    await desk.change(0, { role: 'host' });
    await desk.world.clock.advance(1000);
    expect([(await desk.member(1)).place, await desk.heardBy(0)]).toEqual(['room', [1]]);
  },

  WaitUrl: async (desk) => {
    await desk.meet(1, { wait_for_host: true, hold_sound: 'tone:1250:1000' });
    // What it hears is the tone that 1003 would say.
    expect(await desk.heardBy(0)).toEqual([2]);
  },

  Beep: async (desk) => {
    await desk.meet(1, { entry_sound: 'tone:1250:300' });
    const first = desk.phones[0]!;
    first.voices.at(-1)?.takeHeard();
    await desk.come();
    expect(desk.world.peakOf(first, 1250)).toBeGreaterThan(-35);
    expect(await desk.heardBy(0)).toEqual([1]);
  },

  BeepOnExit: async (desk) => {
    await desk.meet(3, { exit_sound: 'tone:2100:300' });
    const [first] = desk.phones;
    first!.voices.at(-1)?.takeHeard();
    desk.phones[2]!.call?.hangUp();
    await desk.world.clock.advance(1000);
    expect(desk.world.peakOf(first!, 2100)).toBeGreaterThan(-35);
  },

  MaxParticipants: async (desk) => {
    await desk.meet(2, { max_members: 1 });
    expect([desk.isUp(0), desk.isUp(1)]).toEqual([true, false]);
  },

  Label: async (desk) => {
    await desk.meet(1);
    const { status, json } = await desk.ask('GET', '/rooms/r1/members/1001');
    expect([status, json.code, (await desk.member(0)).peer]).toEqual([404, 'MEMBER_NOT_FOUND', '1001']);
  },

  TimeLimit: async (desk) => {
    await desk.meet(2, { max_age_s: 60 });
    expect([desk.isUp(0), desk.isUp(1)]).toEqual([true, true]);
    await desk.world.clock.advance(60_000);
    expect([desk.isUp(0), desk.isUp(1)]).toEqual([false, false]);
    expect((await desk.told()).at(-1)).toMatchObject({ type: 'room_ended', reason: 'expired' });
  },

  'list conferences': as('ListRooms'),

  'fetch conference': async (desk) => {
    await desk.meet(2);
    expect((await desk.ask('GET', '/rooms/r1')).json).toMatchObject({ room_id: 'r1', state: 'open', members: 2 });
  },

  'Status=completed': as('DeleteRoom'),
  'conference-start': as('participant_joined'),
  'conference-end': as('room_finished'),
  'participant-join': as('participant_joined'),
  'participant-leave': as('participant_left'),
  'participant-mute': as('track_unpublished'),
  'participant-unmute': async (desk) => {
    await desk.meet(1);
    await desk.change(0, { muted: true });
    await desk.change(0, { muted: false });
    expect(await desk.lastUpdate()).toMatchObject({ muted: false });
  },

  'participant-hold': async (desk) => {
    await desk.meet(1);
    await desk.change(0, { muted: true, deaf: true });
    expect(await desk.lastUpdate()).toMatchObject({ muted: true, deaf: true });
  },

  'participant-unhold': async (desk) => {
    await desk.meet(1);
    await desk.change(0, { muted: true, deaf: true });
    await desk.change(0, { muted: false, deaf: false });
    expect(await desk.lastUpdate()).toMatchObject({ muted: false, deaf: false });
  },

  'participant-modify': async (desk) => {
    await desk.meet(2);
    const { member_id } = await desk.member(0);
    await desk.change(1, { heard_by: [member_id] });
    expect(await desk.lastUpdate()).toMatchObject({ peer: '1002', heard_by: [member_id] });
  },

  'participant-speech-start': async (desk) => {
    await desk.meet(2);
    await desk.world.clock.advance(2000);
    expect(await desk.toldTypes()).toContain('speaking_started');
  },

  'participant-speech-stop': async (desk) => {
    await desk.meet(2);
    await desk.world.clock.advance(2000);
    await desk.change(0, { muted: true });
    await desk.world.clock.advance(3000);
    expect(await desk.told()).toContainEqual(expect.objectContaining({ type: 'speaking_stopped', peer: '1001' }));
  },
};
