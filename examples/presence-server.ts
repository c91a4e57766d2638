import * as sip from '../sip/index.js';

/**
 * A presence server: PUBLISH (RFC 3903) in, NOTIFY (RFC 6665) out: presence (RFC 3856), busy or idle (dialog, RFC 4235),
 * registrations (reg, RFC 3680), and who watches whom (RFC 3857). `node dist/examples/presence-server.js udp:127.0.0.1:5060`
 */
const listens = process.argv.length > 2 ? process.argv.slice(2) : ['udp:127.0.0.1:5060', 'tcp:127.0.0.1:5060'];
const ua = sip.createUserAgent({ listens });

const subscriptions = new sip.Subscriptions(ua.context, {
  packages: [
    { package: sip.presencePackage },
    { package: sip.dialogPackage },
    { package: sip.regPackage },
    { package: sip.watcherInfoPackage('presence') },
  ],
  // Everybody may watch everybody; `pending`, `blocked` and `rejected` are the other answers.
  onSubscribe: () => ({ status: 'active' }),
  onStarted: ({ resource }) => console.log(`${resource} is watched`),
  onEnded: ({ resource }) => console.log(`${resource} is watched by one less`),
});

const publications = new sip.EventStateCompositor(ua.context, {
  packages: [sip.presencePackage, sip.dialogPackage],
  onPublish: () => ({ status: 'accepted' }),
  onChanged: (name, resource, published) => {
    // Several devices, one document: RFC 3903 §10.3.
    if (name === 'dialog') {
      const dialogs = published.flatMap(({ state }) => (state as sip.DialogInfo).dialogs);
      subscriptions.notify(sip.dialogPackage, resource, { dialogs });
    } else {
      const documents = published.map(({ state }) => state as sip.Presence);
      subscriptions.notify(sip.presencePackage, resource, sip.composePresence(resource, documents));
    }
    console.log(`${resource} has ${published.length} publications`);
  },
});

const store = new sip.MemoryBindingStore(ua);
async function tellRegistrations(aor: string): Promise<void> {
  const contacts = (await store.load(aor)).map(({ contact, q }) => {
    return { id: contact, uri: contact, q, state: 'active', event: 'registered' } as const;
  });
  const state = contacts.length > 0 ? 'active' : 'terminated';
  const resource = `sip:${aor}`;
  subscriptions.notify(sip.regPackage, resource, { registrations: [{ aor: resource, id: aor, state, contacts }] });
}
const registrar = new sip.Registrar(ua.context, { store, onBinding: (aor) => void tellRegistrations(aor) });

for (const usage of [subscriptions, publications, registrar]) ua.use(usage);
await ua.start();
console.log(`presence server on ${listens.join(', ')}`);
process.once('SIGINT', () => void ua.close().then(() => process.exit()));
