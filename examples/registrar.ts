import {
  createUserAgent,
  DigestAuthenticator,
  DigestRegistrarAuth,
  ha1,
  MemoryBindingStore,
  Registrar,
} from '../sip/index.js';

/**
 * A registrar (RFC 3261 §10.3) with digest (RFC 8760); bindings live in memory.
 * `node dist/examples/registrar.js 127.0.0.1:5060 example.com alice:secret bob:secret2`
 */
const [address = '127.0.0.1:5060', realm = 'example.com', ...accounts] = process.argv.slice(2);
const passwords = new Map(
  (accounts.length > 0 ? accounts : ['alice:secret']).map((account) => {
    const [user = '', password = ''] = account.split(':');
    return [user, password] as const;
  }),
);

const ua = createUserAgent({ listens: [`udp:${address}`, `tcp:${address}`] });
const auth = new DigestRegistrarAuth(ua.context, {
  digest: new DigestAuthenticator(ua),
  realm,
  // MD5 unless told; ['SHA-256', 'MD5'] where no phone stumbles over a second challenge (RFC 8760).
  ha1: (user, algorithm) => {
    const password = passwords.get(user);
    return password === undefined ? null : ha1(algorithm, user, realm, password);
  },
});
const registrar = new Registrar(ua.context, {
  store: new MemoryBindingStore(ua),
  authenticate: auth.authenticate,
  policy: { minS: 60, defaultS: 600, maxS: 3600, maxContacts: 5 },
  onBinding: (aor, event, { contact, q }) => console.log(`${aor} ${event}: ${contact} q=${q}`),
});
ua.use(registrar);

await ua.start();
console.log(`registrar of ${realm} on ${address}`);
process.once('SIGINT', () => void ua.close().then(() => process.exit()));
