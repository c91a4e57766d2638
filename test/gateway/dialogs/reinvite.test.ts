import { afterEach, describe, expect, test } from 'vitest';
import { DialogWorld, jsonOf } from '../../support/dialog-world.js';
import type { PhoneCall } from '../../support/phone.js';
import type { WorldPhone } from '../../support/virtual-world.js';

let stage: DialogWorld;

afterEach(() => stage.finish());

async function answeredCall(): Promise<PhoneCall> {
  stage = await DialogWorld.start();
  stage.answerAll();
  const call = await stage.world.dial(await stage.phone('1003'), '2000', 'answered');
  await stage.events(2);
  return call;
}

async function hangUp(call: PhoneCall): Promise<void> {
  call.hangUp();
  await stage.world.expectNothingLeft();
}

const callidOf = (call: PhoneCall): string => call.session?.callId ?? '';

describe('a changed session', () => {
  test('mediaswitch row 16: hold and off-hold are told with the new description, confirmed by /dialog/ok, told at the ACK', async () => {
    const call = await answeredCall();
    expect((await stage.world.while(call.hold())).ok).toBe(true);
    await stage.events(4);
    expect((await stage.world.while(call.resume())).ok).toBe(true);
    await stage.events(6);
    expect(stage.story()).toEqual([
      'new',
      'ring answered',
      ...['ring answered hold', 'ring answered hold'],
      ...['ring answered', 'ring answered'],
    ]);
    const [, , held, told, resumed] = stage.control.events();
    expect(held!.sdp.them).toMatchObject({ m: [{ direction: 'sendonly' }] });
    expect(told).toEqual(held);
    expect(resumed!.sdp.them).toMatchObject({ m: [{ direction: 'sendrecv' }] });
    await hangUp(call);
  });

  test('mediaswitch row 16: inactive and the address 0.0.0.0 are hold too', async () => {
    expect(await holdOf((body) => body.replace('a=sendrecv', 'a=inactive'))).toBe(true);
    await stage.finish();
    expect(await holdOf((body) => body.replace(/c=IN IP4 \S+/, 'c=IN IP4 0.0.0.0'))).toBe(true);
    await stage.finish();
    expect(await holdOf((body) => body.replace('a=sendrecv', 'a=recvonly'))).toBe(false);
  });

  test('mediaswitch row 16: a re-INVITE that the control server never confirms is refused, and the session stays as it was', async () => {
    const call = await answeredCall();
    stage.control.script = () => undefined;
    const result = await stage.world.while(call.hold());
    expect(result).toEqual({ ok: false, statusCode: 500 });
    expect(call.state).toBe('confirmed');
    const { json } = await stage.command(`/dialog/${encodeURIComponent(callidOf(call))}`, null, 'GET');
    expect(json).toMatchObject({ hold: false, sdp: { them: { m: [{ direction: 'sendrecv' }] } } });
    await hangUp(call);
  });

  test('mediaswitch row 11: PUT /dialog/invite is a re-INVITE; what the peer answers is told', async () => {
    const call = await answeredCall();
    const callid = callidOf(call);
    const sdp = { ...stage.us, s: 'moved' };
    expect((await stage.command('/dialog/invite', { callid, sdp }, 'PUT')).status).toBe(200);
    await stage.events(3);
    expect(call.remote.at(-1)).toContain('s=moved');
    expect(stage.control.last.sdp).toMatchObject({ us: { s: 'moved' }, them: jsonOf(await lastAnswer(call)) });
    await hangUp(call);
  });

  test('mediaswitch row 11: without a description the peer makes the offer, and /dialog/ok answers it in the ACK', async () => {
    const call = await answeredCall();
    expect((await stage.command('/dialog/invite', { callid: callidOf(call) }, 'PUT')).status).toBe(200);
    await stage.events(3);
    await stage.world.clock.advance(100);
    expect(
      stage.world
        .sentTo(call.phone as WorldPhone, 'ACK')
        .at(-1)!
        .body.toString(),
    ).toContain('m=audio 10000');
    await hangUp(call);
  });

  test('mediaswitch row 11: a re-INVITE that the peer refuses is told with its status, and the dialog stays', async () => {
    const call = await answeredCall();
    call.media = null;
    await stage.command('/dialog/invite', { callid: callidOf(call), sdp: stage.us }, 'PUT');
    await stage.events(3);
    expect(stage.story().at(-1)).toBe('ring answered 488 Not Acceptable Here');
    await hangUp(call);
    expect(stage.story().at(-1)).toBe('ring answered hangup');
  });
});

async function holdOf(change: (body: string) => string): Promise<boolean> {
  const call = await answeredCall();
  const body = change(call.media!.offer('sendrecv').toString());
  expect((await stage.world.while(call.session!.reinvite(Buffer.from(body)))).ok).toBe(true);
  await stage.events(4);
  const { hold } = stage.control.last;
  await hangUp(call);
  return hold;
}

/** The 200 of the newest re-INVITE of ours. */
async function lastAnswer(call: PhoneCall): Promise<Buffer> {
  const sent = stage.world.wire.filter(
    ({ from, text, message }) =>
      from === call.phone.options.address && text === '200 INVITE' && message.body.length > 0,
  );
  return sent.at(-1)!.message.body as Buffer;
}
