import { createUserAgent, MemoryBindingStore, nameAddr, Registrar, serializeNameAddr } from '../sip/index.js';

/**
 * A redirect server (RFC 3261 §8.3): whoever registered is found at his own Contacts, the one he likes best first.
 * `node dist/examples/redirect-server.js udp:0.0.0.0:2000`. Anybody may register: put digest in as registrar.ts does.
 */
const listens = process.argv.length > 2 ? process.argv.slice(2) : ['udp:127.0.0.1:5060', 'tcp:127.0.0.1:5060'];
const ua = createUserAgent({ listens });
const registrar = new Registrar(ua.context, { store: new MemoryBindingStore(ua) });
ua.use(registrar);

ua.onInvite((session) => {
  const { uri } = session.invite;
  const found = uri.scheme === 'sip' || uri.scheme === 'sips' ? registrar.contactsOf(uri) : Promise.resolve([]);
  void found.then((contacts) => {
    const headers = contacts.map(
      ({ uri, q }) => ['Contact', serializeNameAddr(nameAddr(uri, { q: String(q) }))] as const,
    );
    session.reject(headers.length > 0 ? 302 : 404, { headers });
  });
  return { onEnded: ({ statusCode }) => console.log(`INVITE ${uri.scheme === 'sip' ? uri.user : ''} → ${statusCode}`) };
});

await ua.start();
console.log(`redirect server on ${listens.join(', ')}`);
process.once('SIGINT', () => void ua.close().then(() => process.exit()));
