import { createUserAgent, nameAddr, Registration, serializeUri, sipUri } from '../sip/index.js';

/**
 * Keeps a line registered at a trunk, found by RFC 3263 (NAPTR, SRV, A), and answers its calls with 486.
 * `node dist/examples/outbound-registration.js sip:4930123@trunk.example.com secret [udp:0.0.0.0:5060] [name server]`
 */
const [aor = 'sip:4930123@trunk.example.com', password = 'secret', listen = 'udp:0.0.0.0:0', server] =
  process.argv.slice(2);
const [address = '', port = '53'] = server?.split(':') ?? [];
const ua = createUserAgent({
  listens: [listen, listen.replace(/^udp:/, 'tcp:')],
  dns: server === undefined ? {} : { servers: [{ address, port: Number(port) }] },
});
await ua.start();

const uri = sipUri(aor);
const credentials = { username: uri.user ?? '', password };
const line = new Registration(ua.context, { aor: uri, credentials, expiresS: 300, keepAlive: true }, (event) => {
  if (event.state === 'registered') {
    console.log(`registered at ${line.target?.address}:${line.target?.port} for ${event.expiresS} s`);
    void ask();
  }
  if (event.state === 'failed') console.log(`${event.statusCode}, again in ${event.retryInMs} ms`);
  if (event.state === 'unregistered') console.log('unregistered');
});
line.start();

/** Our own requests take the way of the registration: its flow, and the Service-Route that came with it. */
async function ask(): Promise<void> {
  const way = { target: line.target ?? undefined, route: line.route };
  const { response } = await ua.options({ uri: sipUri({ host: uri.host }), from: nameAddr(uri), ...way });
  console.log(`OPTIONS ${response.statusCode}`);
}

ua.onInvite((session) => {
  console.log(`call from ${serializeUri(session.remote.uri)}`);
  session.reject(486);
  return { onEnded: () => undefined };
});

process.once('SIGINT', async () => {
  await line.stop();
  await ua.close();
  process.exit();
});
