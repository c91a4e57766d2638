import { expect, test } from 'vitest';
import { createRequest } from '../../../sip/build.js';
import type { SipRequest } from '../../../sip/message.js';
import type { ServerTransaction } from '../../../sip/transaction/layer.js';
import type { Standing } from '../../../sip/ua/dialog-admission.js';
import type { InviteOptions } from '../../../sip/ua/types.js';
import { type Agent, ANSWER, pair } from '../../support/ua-bench.js';

type Judge = (transaction: ServerTransaction) => boolean | Promise<boolean>;

/** A call of alice's to bob, and carol who has seen it go by. `seen`: what bob's filter is asked. */
async function call(judge: Judge, options: Partial<InviteOptions> = {}) {
  const { bench, alice, bob } = await pair();
  const carol = await bench.agent('carol', '10.0.0.3');
  const seen: string[] = [];
  bob.ua.admit(({ request }: { readonly request: SipRequest }, standing: Standing) => {
    seen.push(`${standing} ${request.method}`);
    return true;
  });
  bob.handlers = { admits: judge };
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  const session = alice.call(bob, options);
  await bench.clock.advance(100);
  const { uri, from, to, callId } = bench.sent('ACK').at(-1) as SipRequest;
  let sequence = 1_000_000;
  /** The status of the answer to a request of alice's that carol has made by hand. */
  const forge = async (method: string): Promise<number> => {
    sequence += 1;
    const request = createRequest({ method, uri, from, to, callId, cseq: { sequence } });
    const answered = new Promise<number>((resolve) => {
      carol.ua.context.send(request, bob.target, {
        onResponse: ({ statusCode }) => resolve(statusCode),
        onTimeout: () => resolve(408),
        onTransportError: () => resolve(503),
      });
    });
    await bench.clock.advance(100);
    return answered;
  };
  return { bench, alice, bob, carol, session, seen, forge };
}

test('RFC 3261 §26.1.3 a request from elsewhere is judged before anything of the session, at once or later', async () => {
  const refuse = (transaction: ServerTransaction, bob: Agent): false => {
    bob.ua.respond(transaction, 403);
    return false;
  };
  const verdicts: ((transaction: ServerTransaction, bob: Agent) => boolean | Promise<boolean>)[] = [
    refuse,
    async (transaction, bob) => refuse(transaction, bob),
    () => {
      throw new Error('fault of the application');
    },
    () => Promise.reject(new Error('fault of the application')),
    async () => true,
  ];
  const { bench, bob, session, seen, forge } = await call((transaction) => verdicts.shift()!(transaction, bob));
  const codes = [];
  for (let i = 0; i < 4; i += 1) codes.push(await forge('BYE'));
  expect(codes).toEqual([403, 403, 500, 500]);
  // What was refused has not used up its sequence number: the caller's own requests are in order.
  const own = session.request('OPTIONS');
  await bench.clock.advance(100);
  expect([(await own).statusCode, bob.session.state]).toEqual([200, 'confirmed']);
  expect([await forge('BYE'), bob.session.state]).toEqual([200, 'ended']);
  expect(seen).toEqual(['new INVITE', ...Array.from({ length: 5 }, () => 'foreign BYE')]);
  session.end();
  await bench.expectNothingLeft();
});

test('RFC 3261 §12.2 a request from the host of the remote target or of the topmost Route is no foreign one', async () => {
  for (const headers of [
    { contact: '<sip:alice@10.0.0.3>' },
    { headers: [['Record-Route', '<sip:10.0.0.3;lr>']] },
  ] as const) {
    const { bench, bob, session, seen, forge } = await call(() => false, headers);
    expect(await forge('OPTIONS')).toBe(200);
    expect(seen).toEqual(['new INVITE']);
    bob.session.end();
    await bench.clock.advance(100);
    session.end();
    await bench.clock.advance(100);
  }
});

test('a request that names no dialog of ours, and one in a dialog that another usage serves, are shown to the filter', async () => {
  const { bench, bob, carol, session, seen } = await call(() => true);
  bob.ua.handle('MESSAGE', (transaction) => bob.ua.respond(transaction, 202));
  const inside = session.request('MESSAGE');
  await bench.clock.advance(100);
  expect((await inside).statusCode).toBe(202);
  const { uri, from, to } = bench.sent('ACK').at(-1) as SipRequest;
  const stray = createRequest({ method: 'BYE', uri, from, to, callId: 'nowhere', cseq: { sequence: 1 } });
  const silent = { onResponse: () => {}, onTimeout: () => {}, onTransportError: () => {} };
  carol.ua.context.send(stray, bob.target, silent);
  await bench.clock.advance(100);
  expect(seen).toEqual(['new INVITE', 'beside MESSAGE', 'unknown BYE']);
  expect(bench.sent('481 BYE')).toHaveLength(1);
  session.end();
  await bench.expectNothingLeft();
});
