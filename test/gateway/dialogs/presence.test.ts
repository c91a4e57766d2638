import { afterEach, describe, expect, test } from 'vitest';
import { type DialogInfo, dialogPackage } from '../../../sip/packages/dialog.js';
import { DialogWorld, domainName } from '../../support/dialog-world.js';
import type { PhoneWatch } from '../../support/phone-watch.js';

let stage: DialogWorld;

afterEach(() => stage.finish());

/** A lamp of 1004 for 1003, lit once. */
async function lampOf1003(): Promise<PhoneWatch<DialogInfo>> {
  stage = await DialogWorld.start();
  const desk = await stage.registered('1004');
  const lamp = desk.watch('1003', dialogPackage);
  await stage.until(() => lamp.log.length > 0, 'watched');
  expect([lamp.log, seen(lamp)]).toEqual([['active'], ['idle']]);
  return lamp;
}

/** What the lamp shows after each NOTIFY, without what it shows twice. */
function seen({ bodies }: PhoneWatch<DialogInfo>): string[] {
  const shown = bodies.map((body) => {
    const read = dialogPackage.parse(Buffer.from(body), dialogPackage.contentType);
    if (!read.ok) return 'unreadable';
    return read.value.state.dialogs.map(({ direction, state }) => `${direction} ${state}`).join(' ') || 'idle';
  });
  return shown.filter((line, at) => line !== shown[at - 1]);
}

describe('mediaswitch row 30: who watches a user sees the dialogs of his phone', () => {
  test('RFC 4235 §3.7.1 one that he begins: trying, early, confirmed, and over by his BYE', async () => {
    const lamp = await lampOf1003();
    const phone = await stage.registered('1003');
    const call = await stage.world.dial(phone, '2000');
    const [{ callid } = { callid: '' }] = await stage.events(1);
    await stage.world.clock.advance(2000);
    await stage.command('/dialog/ring', { callid });
    await stage.world.clock.advance(2000);
    await stage.command('/dialog/answer', { callid, sdp: stage.us });
    await stage.events(2);
    await stage.world.clock.advance(2000);
    call.hangUp();
    await stage.world.clock.advance(2000);
    const states = ['trying', 'early', 'confirmed', 'terminated'].map((state) => `initiator ${state}`);
    expect(seen(lamp)).toEqual(['idle', ...states]);
    const last = lamp.bodies.at(-1)!;
    expect(last).toContain('event="local-bye"');
    expect(last).toContain('sip:2000@');
    expect(last).not.toContain(callid);
    expect(lamp.state?.dialogs).toEqual([]);
  });

  test('RFC 4235 §3.7.1 one to him: over by our BYE, and his refusal with its status; a private caller has no name', async () => {
    const lamp = await lampOf1003();
    const phone = await stage.registered('1003', { onInvite: 'ring' });
    const invite = () =>
      stage.command('/dialog/invite', {
        from: { domain: domainName, user: '1000' },
        to: { user: '1003' },
        cid: { number: '5551', private: true },
        sdp: stage.us,
      });
    const { json } = await invite();
    const call = await stage.world.rung(phone);
    await stage.events(1);
    await stage.world.clock.advance(2000);
    call.answer();
    await stage.events(2);
    await stage.world.clock.advance(2000);
    await stage.command('/dialog/hangup', json);
    await stage.events(3);
    await stage.world.clock.advance(2000);
    expect(seen(lamp).slice(-3)).toEqual(['early', 'confirmed', 'terminated'].map((state) => `recipient ${state}`));
    expect(lamp.bodies.at(-1)).toContain('event="remote-bye"');
    expect(lamp.bodies.join()).not.toMatch(/5551|sip:1000@/);
    phone.onInvite = 486;
    await invite();
    await stage.until(() => stage.control.events().filter(({ hangup }) => hangup).length === 2, 'refused');
    await stage.world.clock.advance(3000);
    expect(lamp.bodies.at(-1)).toMatch(/<state event="rejected" code="486">terminated/);
  });

  test('RFC 4235 §3.7.1 calls that are given up, by him and by us', async () => {
    const lamp = await lampOf1003();
    const phone = await stage.registered('1003', { onInvite: 'ring' });
    const call = await stage.world.dial(phone, '2000');
    await stage.events(1);
    await stage.world.clock.advance(2000);
    call.hangUp();
    await stage.events(2);
    await stage.world.clock.advance(2000);
    expect(lamp.bodies.at(-1)).toContain('event="cancelled"');
    const { json } = await stage.command('/dialog/invite', { domain: domainName, to: '1003', from: '1000' });
    await stage.events(3);
    await stage.world.clock.advance(2000);
    expect(seen(lamp).at(-1)).toBe('recipient early');
    await stage.command('/dialog/hangup', json);
    await stage.events(4);
    await stage.world.clock.advance(2000);
    expect(lamp.bodies.at(-1)).toContain('event="cancelled"');
    expect(lamp.state?.dialogs).toEqual([]);
  });
});
