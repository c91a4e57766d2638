import { afterEach, describe, expect, test } from 'vitest';
import { reason } from '../../../sip/headers.js';
import type { SipRequest, SipResponse } from '../../../sip/message.js';
import { ContractWorld } from '../../support/contract-world.js';
import { silentMedia } from '../../support/phone.js';
import { type EndpointRequest, SipEndpoint } from '../../support/sip-endpoint.js';
import { steadyLevelOf } from '../../support/voice.js';

let world: ContractWorld;
let peer: SipEndpoint;

afterEach(async () => {
  await peer.close();
  await world.finish();
});

const address = '10.0.5.1';
const offer = silentMedia(address).offer('sendrecv');
const accept = { json: { strategy: 'Accept', room_id: 'r' } };

async function start(config = ''): Promise<void> {
  world = await ContractWorld.start(`call_events: true\n${config}`);
  world.hooks.on('invite', accept);
  peer = await SipEndpoint.open(world.network.host(address), address);
}

function invite(parts: Partial<EndpointRequest> = {}): SipRequest {
  return peer.send({ method: 'INVITE', user: '9000', from: '77', body: offer, ...parts });
}

/** When each response or request of that text reached the peer, relative to the first. */
function times(text: string): number[] {
  const at = world.wire.filter((line) => line.to === address && line.text === text).map(({ atMs }) => atMs);
  return at.map((atMs) => atMs - (at[0] ?? 0));
}

function tagOf(response: SipResponse): string {
  return response.to.params.get('tag') ?? '';
}

/** A request in the dialog of an answered INVITE. */
function inDialog(
  method: string,
  request: SipRequest,
  response: SipResponse,
  parts: Partial<EndpointRequest> = {},
): SipRequest {
  return peer.send({
    method,
    user: '9000',
    from: '77',
    callId: request.callId,
    sequence: request.cseq.sequence + (method === 'ACK' ? 0 : 1),
    fromTag: request.from.params.get('tag') ?? '',
    toTag: tagOf(response),
    ...parts,
  });
}

async function answered(request: SipRequest, statusCode = 200): Promise<SipResponse> {
  await world.until(
    () => peer.answersTo(request).some((response) => response.statusCode === statusCode),
    `${statusCode}`,
  );
  return peer.answersTo(request).find((response) => response.statusCode === statusCode)!;
}

describe('contract §4.2 incoming', () => {
  test('every answer has a To tag; 100 only when nothing else came within 200 ms', async () => {
    await start();
    world.hooks.on('invite', { ...accept, delayMs: 300 });
    const request = invite();
    const ok = await answered(request);
    expect(peer.answersTo(request).map(({ statusCode }) => statusCode)).toEqual([100, 200]);
    expect(tagOf(ok)).not.toBe('');
    inDialog('ACK', request, ok);
    const bye = inDialog('BYE', request, ok);
    await answered(bye);
    await world.expectNothingLeft();
    expect(world.stories('in')).toEqual([['Connecting', 'Connected', 'Ended']]);
  });

  test('the 200 is resent from T1 doubling to 4 s until the ACK', async () => {
    await start();
    const request = invite();
    const ok = await answered(request);
    await world.clock.advance(8000);
    inDialog('ACK', request, ok);
    await world.clock.advance(30_000);
    expect(times('200 INVITE')).toEqual([0, 500, 1500, 3500, 7500]);
    await answered(inDialog('BYE', request, ok));
    await world.expectNothingLeft();
  });

  test('no ACK for 32 s: BYE, Failed 408', async () => {
    await start();
    const request = invite();
    await answered(request);
    await world.clock.advance(31_900);
    expect(peer.requests('BYE')).toEqual([]);
    await world.clock.advance(300);
    const bye = peer.requests('BYE')[0];
    expect(bye).toBeDefined();
    peer.respond(bye!, 200);
    await world.expectNothingLeft();
    expect(world.stories('in')).toEqual([['Connecting', 'Connected', 'Failed 408']]);
  });

  test('a refusal is resent from T1 doubling until the ACK, 32 s at most', async () => {
    await start();
    world.hooks.on('invite', { json: { strategy: 'Reject' } });
    const request = invite();
    await answered(request, 486);
    await world.clock.advance(40_000);
    expect(times('486 INVITE')).toEqual([0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    await world.expectNothingLeft();
  });

  test('CANCEL after our final answer: 200 and no effect', async () => {
    await start();
    const request = invite({ branch: 'z9hG4bKcancelled' });
    const ok = await answered(request);
    inDialog('ACK', request, ok);
    const cancel = peer.send({
      method: 'CANCEL',
      user: '9000',
      from: '77',
      callId: request.callId,
      sequence: request.cseq.sequence,
      fromTag: request.from.params.get('tag') ?? '',
      branch: 'z9hG4bKcancelled',
    });
    expect((await answered(cancel)).statusCode).toBe(200);
    await world.clock.advance(2000);
    expect(world.leftovers()).toMatchObject({ calls: 1 });
    await answered(inDialog('BYE', request, ok));
    await world.expectNothingLeft();
  });

  test('our BYE is resent for 32 s; nothing is left of a peer that is gone', async () => {
    await start();
    const request = invite();
    const ok = await answered(request);
    inDialog('ACK', request, ok);
    await world.clock.advance(100);
    const { conn_id } = world.hooks.bodies('invite')[0]!;
    await world.gateway.api('DELETE', `/sip/conn/${conn_id}`);
    expect((await world.gateway.api('GET', '/sip/calls')).json.data).toEqual([]);
    await world.clock.advance(33_000);
    expect(times('BYE').slice(0, 5)).toEqual([0, 500, 1500, 3500, 7500]);
    expect(times('BYE').at(-1)).toBe(31_500);
    expect(reason(peer.requests('BYE')[0]!)).toMatchObject([{ protocol: 'Q.850', cause: 16 }]);
    expect(world.leftovers()).toEqual({});
    await world.expectNothingLeft();
  });

  test('closing an unanswered incoming leg: 486', async () => {
    await start();
    world.hooks.on('invite', { json: { strategy: 'WaitOtherPeers', room_id: 'r' } });
    const request = invite();
    await answered(request, 180);
    await world.gateway.api('DELETE', `/sip/conn/${world.hooks.bodies('invite')[0]?.conn_id}`);
    const refused = await answered(request, 486);
    peer.acknowledge(request, refused);
    await world.expectNothingLeft();
    expect(world.stories('in')).toEqual([['Connecting', 'Ringing', 'Rejected 486']]);
  });

  test('the leg is gone while the hook is pending when the API closes it', async () => {
    await start();
    world.hooks.on('invite', { ...accept, delayMs: 3000 });
    const request = invite();
    await world.clock.advance(500);
    await world.gateway.api('DELETE', `/sip/conn/${world.hooks.bodies('invite')[0]?.conn_id}`);
    peer.acknowledge(request, await answered(request, 486));
    await world.clock.advance(5000);
    expect(peer.answersTo(request).map(({ statusCode }) => statusCode)).toEqual([100, 486]);
    await world.expectNothingLeft();
  });

  test('CANCEL while the RTP ports are being bound: 487, and the ports come back', async () => {
    await start();
    const phone = await world.addRegistered('1001');
    world.network.bindDelayMs = 1000;
    const call = await world.dial(phone, '9000');
    await world.clock.advance(300);
    expect(world.leftovers()).toMatchObject({ calls: 1, portsInUse: 1 });
    call.hangUp();
    await world.clock.advance(100);
    expect(call.ended?.statusCode).toBe(487);
    await world.expectNothingLeft();
    expect(world.stories('in')).toEqual([['Connecting', 'Canceled 487']]);
  });

  test('an outgoing leg closed while its RTP ports are being bound: no INVITE at all', async () => {
    await start();
    const phone = await world.addRegistered('1001');
    world.network.bindDelayMs = 200;
    await world.clock.advance(20);
    const made = await world.inviteClient('1001', 'r');
    await world.gateway.api('DELETE', `/sip/conn/${made.json.data.session_id}`);
    await world.clock.advance(500);
    expect(phone.calls).toEqual([]);
    await world.expectNothingLeft();
    expect(world.stories('out')).toEqual([['Connecting', 'Canceled 487']]);
  });

  test('the callee has failed while the RTP ports of the caller are being bound: 486 at once', async () => {
    await start();
    world.bridge();
    await world.addRegistered('1002', { onInvite: 486 });
    const phone = await world.addRegistered('1001');
    await world.clock.advance(20);
    for (const bindDelayMs of [1, 2, 3, 4, 5, 6, 8, 10, 20]) {
      world.network.bindDelayMs = bindDelayMs;
      for (const answerAfterMs of [0, 1, 2, 3, bindDelayMs, bindDelayMs + 2]) {
        world.bridge({ answerAfterMs });
        const dialledMs = world.clock.nowMs();
        const call = await world.dial(phone, '1002', 'ended rejected');
        expect([call.ended?.statusCode, bindDelayMs, answerAfterMs]).toEqual([486, bindDelayMs, answerAfterMs]);
        expect(world.clock.nowMs() - dialledMs).toBeLessThan(1000);
        await world.clock.advance(400);
      }
    }
    await world.expectNothingLeft();
  });

  test('BYE in a dialog that only rings ends it: 200 and 487', async () => {
    await start();
    world.hooks.on('invite', { json: { strategy: 'WaitOtherPeers', room_id: 'r' } });
    const request = invite();
    const ringing = await answered(request, 180);
    await answered(inDialog('BYE', request, ringing));
    peer.acknowledge(request, await answered(request, 487));
    await world.expectNothingLeft();
    expect(world.stories('in')).toEqual([['Connecting', 'Ringing', 'Canceled 487']]);
  });

  test.each([
    ['no answer in the ACK', undefined],
    [
      'an answer without a common codec in the ACK',
      Buffer.from(
        offer
          .toString()
          .replace('RTP/AVP 8 0 101', 'RTP/AVP 18')
          .replace(/a=(rtpmap|fmtp).*\r\n/g, ''),
      ),
    ],
  ])('late offer with %s: BYE', async (_name, body) => {
    await start();
    const request = peer.send({ method: 'INVITE', user: '9000', from: '77' });
    const ok = await answered(request);
    expect(ok.body.toString()).toMatch(/m=audio \d+ RTP\/AVP 111 9 8 0 97 101 96/);
    inDialog('ACK', request, ok, body === undefined ? {} : { body });
    await world.until(() => peer.requests('BYE').length > 0, 'BYE');
    peer.respond(peer.requests('BYE')[0]!, 200);
    await world.expectNothingLeft();
    expect(world.stories('in')[0]?.at(-1)).toMatch(/^(Ended|Failed)/);
  });

  test('the same INVITE over two paths: one call, 482 for the other', async () => {
    await start();
    world.hooks.on('invite', { ...accept, delayMs: 300 });
    const first = invite({ callId: 'merged', sequence: 1, fromTag: 'one', branch: 'z9hG4bKpath1' });
    const second = invite({ callId: 'merged', sequence: 1, fromTag: 'one', branch: 'z9hG4bKpath2' });
    peer.acknowledge(second, await answered(second, 482));
    const ok = await answered(first);
    expect(world.hooks.bodies('invite')).toHaveLength(1);
    inDialog('ACK', first, ok);
    await answered(inDialog('BYE', first, ok));
    await world.expectNothingLeft();
  });

  test('echo: the member hears itself', async () => {
    await start();
    world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r', echo: true } });
    const phone = await world.addPhone('1001', { toneHz: 440 });
    const call = await world.dial(phone, 'echo', 'answered');
    await world.clock.advance(500);
    phone.voices[0]?.takeHeard();
    await world.clock.advance(500);
    expect(steadyLevelOf(phone.voices[0]!.takeHeard(), 440)).toBeGreaterThan(-20);
    call.hangUp();
    await world.expectNothingLeft();
  });
});

describe('contract §4.3 outgoing', () => {
  async function dialPeer(): Promise<string> {
    const { json } = await world.gateway.api('POST', '/sip/invite/server', {
      room_id: 'r',
      dest_addr: `${address}:5060`,
      from_number: '1',
      to_number: '2',
    });
    await world.clock.advance(5);
    return json.data.session_id;
  }

  const invites = (): SipRequest => peer.requests('INVITE')[0]!;

  test('INVITE at once, resent by Timer A; a provisional answer is not acknowledged', async () => {
    await start();
    const sentMs = world.clock.nowMs();
    await dialPeer();
    expect(world.wire[0]?.atMs).toBeLessThan(sentMs + 25);
    await world.clock.advance(3600);
    expect(times('INVITE')).toEqual([0, 500, 1500, 3500]);
    peer.respond(invites(), 180);
    await world.clock.advance(10_000);
    expect(times('INVITE')).toHaveLength(4);
    expect(peer.requests('ACK')).toEqual([]);
    peer.respond(invites(), 404);
    await world.clock.advance(10);
    expect(peer.requests('ACK')).toHaveLength(1);
    await world.expectNothingLeft();
    expect(world.stories('out')).toEqual([['Connecting', 'Ringing', 'Rejected 404']]);
  });

  test('a 2xx that crosses our CANCEL: ACK, then BYE', async () => {
    await start();
    const callId = await dialPeer();
    peer.respond(invites(), 180);
    await world.clock.advance(20);
    await world.gateway.api('DELETE', `/sip/conn/${callId}`);
    peer.respond(invites(), 200, { body: offer, contentType: 'application/sdp' });
    await world.until(() => peer.requests('BYE').length > 0, 'BYE');
    peer.respond(peer.requests('CANCEL')[0]!, 200);
    peer.respond(peer.requests('BYE')[0]!, 200);
    const order = peer.received.filter(({ kind }) => kind === 'request').map((message) => message.cseq.method);
    expect(order.slice(0, 4)).toEqual(['INVITE', 'CANCEL', 'ACK', 'BYE']);
    await world.expectNothingLeft();
    expect(world.stories('out')).toEqual([['Connecting', 'Ringing', 'Canceled 487']]);
  });

  test('CANCEL waits for the first provisional answer (RFC 3261 §9.1); unanswered altogether the call ends at Timer B', async () => {
    await start();
    const callId = await dialPeer();
    await world.gateway.api('DELETE', `/sip/conn/${callId}`);
    await world.clock.advance(1000);
    expect(peer.requests('CANCEL')).toEqual([]);
    await world.clock.advance(40_000);
    expect(world.leftovers()).toEqual({});
    expect(world.stories('out')).toEqual([['Connecting', 'Canceled 487']]);
  });

  test.each([
    ['without an answer', undefined],
    ['with a useless one', Buffer.from(offer.toString().replace('RTP/AVP', 'RTP/SAVP'))],
  ])('a 200 %s: ACK and BYE, Failed 488, and the waiting caller gets 486', async (_name, body) => {
    await start();
    world.hooks.on('invite', { json: { strategy: 'WaitOtherPeers', room_id: 'r' } });
    const caller = await world.dial(await world.addRegistered('1001'), '9000', '180');
    await dialPeer();
    peer.respond(invites(), 200, body === undefined ? {} : { body, contentType: 'application/sdp' });
    await world.until(() => peer.requests('BYE').length > 0, 'BYE');
    expect(peer.requests('ACK')).toHaveLength(1);
    peer.respond(peer.requests('BYE')[0]!, 200);
    await world.clock.advance(20);
    expect(caller.log).toEqual(['180', 'ended rejected']);
    expect(caller.ended?.statusCode).toBe(486);
    await world.expectNothingLeft();
    expect(world.stories('out')).toEqual([['Connecting', 'Failed 488']]);
  });

  test('a repeated 200 is acknowledged each time', async () => {
    await start();
    const callId = await dialPeer();
    for (let time = 0; time < 3; time += 1) {
      peer.respond(invites(), 200, { body: offer, contentType: 'application/sdp' });
      await world.clock.advance(500);
    }
    expect(peer.requests('ACK')).toHaveLength(3);
    await world.gateway.api('DELETE', `/sip/conn/${callId}`);
    await world.clock.advance(20);
    peer.respond(peer.requests('BYE')[0]!, 200);
    await world.expectNothingLeft();
  });
});
