import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { toneHeardMs } from '../support/hearing.js';
import type { Baresip } from './support/baresip.js';
import { type Arrangement, MediaswitchStage, MOH_HZ } from './support/mediaswitch-stage.js';
import { requirePeers } from './support/peers.js';
import { tone } from './support/sound.js';

// SIP server, control script and RTP server, and phones that are not ours.

const SCRIPT = 'test/interop/support/control-script.cjs';
/** What the issue allows for the calls of an RTP server that died. */
const ENDED_MS = 3000;
/** What each phone says once it is asked to. */
const toneHz: Readonly<Record<string, number>> = { '1000': 1000, '1003': 440, '1004': 1700 };
let running: MediaswitchStage | null = null;

beforeEach(() => requirePeers('baresip', 'linphonec'));

afterEach(async () => {
  await running?.close();
  running = null;
});

async function start(script: string, arrangement: Arrangement): Promise<MediaswitchStage> {
  running = await MediaswitchStage.start(script, arrangement);
  return running;
}

async function saysItsTone({ stage }: MediaswitchStage, phone: Baresip): Promise<void> {
  await phone.say(tone(stage.directory, toneHz[phone.user]!, 100));
}

/** From now on the phone hears that tone, and none of the others. */
async function hears(phone: Baresip, wantedHz: number): Promise<void> {
  const fromMs = phone.recordedMs();
  const heardMs = (hz: number): number => toneHeardMs(phone.heard().subarray(fromMs * 8), hz);
  await eventually(`${phone.user} hears ${wantedHz} Hz`, () => heardMs(wantedHz) >= 1000);
  // What was on its way when the last one became silent is over by now.
  const untilMs = phone.recordedMs();
  await phone.hearMore(600);
  const rest = phone.heard().subarray(untilMs * 8);
  const heard = [...Object.values(toneHz), MOH_HZ].filter((hz) => toneHeardMs(rest, hz) > 0);
  expect(heard, `in Hz, by ${phone.user}`).toEqual([wantedHz]);
}

async function hearEachOther(one: Baresip, two: Baresip): Promise<void> {
  await Promise.all([hears(one, toneHz[two.user]!), hears(two, toneHz[one.user]!)]);
}

async function connected(caller: Baresip, callee: Baresip): Promise<void> {
  const answered = caller.call(callee.user);
  await callee.accept();
  await answered;
}

/** Waits for the end of one more call than have ended so far; what its phone says of it. */
async function nextEnd(phone: Baresip): Promise<string | undefined> {
  const ends = (): readonly { readonly param: string }[] => phone.events.filter(({ type }) => type === 'CALL_CLOSED');
  const before = ends().length;
  await phone.event('CALL_CLOSED', before + 1);
  return ends()[before]?.param;
}

/** It calls, and hears that this does not work now. */
async function refused(caller: Baresip): Promise<void> {
  const ended = nextEnd(caller);
  await caller.dial('1003');
  expect(await ended).toMatch(/^480 /);
}

describe.each(['three processes', 'one gateway and the script'] as const)(
  'SIP server, script and RTP server: %s',
  (arrangement) => {
    test('mediaswitch rows 16, 18, 21 to 24: a call, hold with music, an attended and a blind transfer', async () => {
      const all = await start(SCRIPT, arrangement);
      const { directory } = all.stage;
      const [transferor, second, third] = await Promise.all([
        all.linphone('1000', tone(directory, toneHz['1000']!, 100)),
        all.baresip('1003'),
        all.baresip('1004'),
      ]);
      const answered = transferor.call('1003');
      await second.accept();
      await answered;
      await saysItsTone(all, second);
      await hears(second, toneHz['1000']!);

      await transferor.hold();
      const consulted = transferor.call('1004');
      await third.accept();
      await consulted;
      await saysItsTone(all, third);
      await Promise.all([hears(second, MOH_HZ), hears(third, toneHz['1000']!)]);
      transferor.transfer(1, 2);
      await hearEachOther(second, third);
      expect(await all.calls()).toHaveLength(2);

      await third.command('transfer', `sip:1000@${all.sip}`);
      await all.prints('call for 1000');
      await transferor.answer();
      await third.event('CALL_CLOSED');
      await hears(second, toneHz['1000']!);
      await second.hangUp();
      await transferor.ended();
      await all.idle();
      for (const user of ['1003', '1004']) {
        expect(toneHeardMs(transferor.heard(), toneHz[user]!), user).toBeGreaterThanOrEqual(500);
      }
    });
  },
);

test('mediaswitch rows 13, 20, 26: the script is killed in a call, and so is the RTP server', async () => {
  const all = await start(SCRIPT, 'three processes');
  const [caller, callee] = await Promise.all([all.baresip('1000'), all.baresip('1003')]);
  await connected(caller, callee);
  await Promise.all([saysItsTone(all, caller), saysItsTone(all, callee)]);
  await hearEachOther(caller, callee);

  all.killScript();
  await hearEachOther(caller, callee);
  await caller.hangUp();
  await eventually('its dialog is over', async () => (await all.dialogs()) === 1);
  await callee.hangUp();
  await eventually('both are', async () => (await all.dialogs()) === 0);
  await refused(caller);
  all.startScript();
  await all.prints('listening');
  expect(await all.calls()).toEqual([]);

  await connected(caller, callee);
  await hearEachOther(caller, callee);
  all.killScript();
  all.startScript();
  await all.prints('listening');
  expect(await all.calls()).toHaveLength(2);
  await hearEachOther(caller, callee);
  const end = nextEnd(callee);
  await caller.hangUp();
  await Promise.all([end, all.prints('over 1003 0')]);

  await connected(caller, callee);
  await hearEachOther(caller, callee);
  const killedMs = Date.now();
  const ends = Promise.all([nextEnd(caller), nextEnd(callee)]);
  await all.killRtpServer();
  await ends;
  expect(Date.now() - killedMs).toBeLessThan(ENDED_MS);
  await refused(caller);
  await all.startRtpServer();
  await connected(caller, callee);
  await hearEachOther(caller, callee);
  await caller.hangUp();
  await all.idle();
});

test('mediaswitch row 21, contract 5a: the script of the README: who dials 3 hears 1003', async () => {
  const domain = 'bling.babblevoice.com';
  const all = await start('examples/projectcontrol.cjs', 'three processes');
  await eventually('the directory is pushed', async () => {
    return (await all.put(`/dir/${domain}/1000`, { secret: 'secret-1000' })).ok;
  });
  const [caller, callee] = await Promise.all([all.baresip('1000', domain), all.baresip('1003', domain, '1123654789')]);
  const answered = caller.call('3');
  await callee.accept();
  await answered;
  await Promise.all([saysItsTone(all, caller), saysItsTone(all, callee)]);
  await hearEachOther(caller, callee);
  await callee.hangUp();
  await all.prints('the call for 3 is over');
  await all.idle();
  expect(all.output.split('\n')).toContain('a call for 3');
});
