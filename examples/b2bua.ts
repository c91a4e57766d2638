import * as sip from '../sip/index.js';

/**
 * A back-to-back user agent: each call is two sessions that tell each other what happens. Session descriptions pass
 * through, so media goes past it. `node dist/examples/b2bua.js sip:127.0.0.1:5070 udp:127.0.0.1:5060`
 */
const [next = 'sip:127.0.0.1:5070', listen = 'udp:127.0.0.1:5060'] = process.argv.slice(2);
const { host, port } = sip.sipUri(next);
const ua = sip.createUserAgent({ listens: [listen] });

/** Why one side has ended, for the other one. */
const told = ({ reason }: sip.SessionEnd) => reason.map((each) => ['Reason', sip.serializeReason(each)] as const);

/** What one side asks for inside the call is asked of the other one. */
function carry(other: sip.Session): Pick<sip.SessionHandlers, 'onOffer' | 'onRequest'> {
  return {
    onOffer: async (offer, reply) => {
      if (offer === null) return reply.reject(488);
      const byUpdate = reply.carrier === 'UPDATE' && other.peerAllows('UPDATE');
      const result = await (byUpdate ? other.update(offer) : other.reinvite(offer));
      return result.ok ? reply.accept(result.body) : reply.reject(result.statusCode);
    },
    onRequest: (transaction) => {
      const { method, body, headers } = transaction.request;
      const asked = other.request(method, { body, contentType: headers.get('content-type') });
      void asked.then(({ statusCode, reasonPhrase }) => ua.respond(transaction, statusCode, { reasonPhrase }));
      return true;
    },
  };
}

ua.onInvite((incoming) => {
  const { invite, offer, reliableSupport } = incoming;
  // The answer to a late offer would have to be in the ACK to the 2xx that brings it, before anybody has given it.
  if (offer === null) {
    incoming.reject(488);
    return { onEnded: () => undefined };
  }
  const { uri, displayName } = invite.from;
  const requestUri = sip.sipUri({ user: 'user' in invite.uri ? invite.uri.user : undefined, host, port });
  const to = sip.nameAddr(requestUri);
  const parties = { from: sip.nameAddr(uri, {}, displayName), to, contactUser: requestUri.user };
  const reliable = reliableSupport === 'none' ? 'off' : reliableSupport;
  const rules = { reliable, followRedirects: true, maxForwards: (invite.maxForwards ?? 70) - 1 } as const;
  const handlers: sip.SessionHandlers = {
    ...carry(incoming),
    onProgress: ({ statusCode, body, reliable }) =>
      incoming.progress(statusCode, { body: body ?? undefined, reliable }),
    onAnswered: ({ body }) => void incoming.accept({ body: body ?? Buffer.alloc(0) }),
    onEnded: (end) => incoming.end({ headers: told(end), statusCode: end.statusCode ?? 480 }),
  };
  const outgoing = ua.invite({ branches: [{ requestUri }], ...parties, ...rules, body: offer }, handlers);
  return { ...carry(outgoing), onEnded: (end) => outgoing.end({ headers: told(end) }) };
});

await ua.start();
console.log(`b2bua, next hop ${next}`);
process.once('SIGINT', () => void ua.close().then(() => process.exit()));
