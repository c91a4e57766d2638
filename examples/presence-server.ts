import {
  composePresence,
  createUserAgent,
  EventStateCompositor,
  type Presence,
  presencePackage,
  Subscriptions,
  watcherInfoPackage,
} from '../sip/index.js';

/**
 * A presence server: PUBLISH (RFC 3903) in, NOTIFY (RFC 6665, RFC 3856) out, and who watches whom (RFC 3857).
 * `node dist/examples/presence-server.js udp:127.0.0.1:5060`
 */
const listens = process.argv.length > 2 ? process.argv.slice(2) : ['udp:127.0.0.1:5060', 'tcp:127.0.0.1:5060'];
const ua = createUserAgent({ listens });

const subscriptions = new Subscriptions(ua.context, {
  packages: [{ package: presencePackage }, { package: watcherInfoPackage('presence') }],
  // Everybody may watch everybody; `pending`, `blocked` and `rejected` are the other answers.
  onSubscribe: () => ({ status: 'active' }),
  onStarted: ({ resource }) => console.log(`${resource} is watched`),
  onEnded: ({ resource }) => console.log(`${resource} is watched by one less`),
});
const publications = new EventStateCompositor(ua.context, {
  packages: [presencePackage],
  onPublish: () => ({ status: 'accepted' }),
  onChanged: (_package, resource, published) => {
    // Several devices, one document: RFC 3903 §10.3.
    const documents = published.map(({ state }) => state as Presence);
    subscriptions.notify(presencePackage, resource, composePresence(resource, documents));
    console.log(`${resource} has ${published.length} publications`);
  },
});
ua.use(subscriptions);
ua.use(publications);

await ua.start();
console.log(`presence server on ${listens.join(', ')}`);
process.once('SIGINT', () => void ua.close().then(() => process.exit()));
