import * as sip from '../sip/index.js';

/**
 * Each call is two sessions that tell each other what happens. Their descriptions pass through, so media goes past
 * this back-to-back user agent. `node dist/examples/b2bua.js sip:127.0.0.1:5070 udp:127.0.0.1:5060`
 */
const [next = 'sip:127.0.0.1:5070', listen = 'udp:127.0.0.1:5060'] = process.argv.slice(2);
const { host, port } = sip.sipUri(next);
const ua = sip.createUserAgent({ listens: [listen] });

/** Why one side has ended, for the other one. */
const told = ({ reason }: sip.SessionEnd) => reason.map((each) => ['Reason', sip.serializeReason(each)] as const);

/** The ACK of a session waits for the answer to a late offer, until the other side's ACK brings it. */
const waiting = new WeakMap<sip.Session, (answer: Buffer | null) => void>();
const answerTo = (session: sip.Session, pass: () => void) => {
  pass();
  return new Promise<Buffer | null>((resolve) => waiting.set(session, resolve));
};

/** What one side asks for inside the call is asked of the other one. */
function carry(other: sip.Session): Partial<sip.SessionHandlers> {
  return {
    onOffer: async (offer, reply) => {
      const again = reply.carrier === 'UPDATE' && other.peerAllows('UPDATE') ? 'update' : 'reinvite';
      const late = (theirs: Buffer) => answerTo(other, () => reply.accept(theirs));
      const result = await (offer === null ? other.solicit(late) : other[again](offer));
      return result.ok ? reply.accept(result.body) : reply.reject(result.statusCode);
    },
    onConfirmed: ({ body }) => waiting.get(other)?.(body),
    onReofferAnswered: (body) => waiting.get(other)?.(body),
    onRequest: (transaction) => {
      const { method, body, headers } = transaction.request;
      const asked = other.request(method, { body, contentType: headers.get('content-type') });
      void asked.then(({ statusCode, reasonPhrase }) => ua.respond(transaction, statusCode, { reasonPhrase }));
      return true;
    },
  };
}

ua.onInvite((incoming) => {
  const { invite, offer, reliableSupport: support } = incoming;
  const requestUri = sip.sipUri({ user: 'user' in invite.uri ? invite.uri.user : undefined, host, port });
  const parties = { from: invite.from, to: sip.nameAddr(requestUri), contactUser: requestUri.user };
  const reliable = support === 'none' || offer === null ? 'off' : support;
  const rules = { reliable, followRedirects: true, maxForwards: (invite.maxForwards ?? 70) - 1 } as const;
  const handlers: sip.SessionHandlers = {
    ...carry(incoming),
    onProgress: ({ statusCode, body, reliable }) =>
      incoming.progress(statusCode, { body: (offer && body) ?? undefined, reliable }),
    onAnswered: ({ body }) => answerTo(outgoing, () => incoming.accept({ body: body ?? Buffer.alloc(0) })),
    onEnded: (end) => incoming.end({ headers: told(end), statusCode: end.statusCode ?? 480 }),
  };
  const outgoing = ua.invite({ branches: [{ requestUri }], ...parties, ...rules, body: offer }, handlers);
  return { ...carry(outgoing), onEnded: (end) => outgoing.end({ headers: told(end) }) };
});

await ua.start();
console.log(`b2bua, next hop ${next}`);
process.once('SIGINT', () => void ua.close().then(() => process.exit()));
