import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { rolldown } from 'rolldown';
import { createRealWebSockets, UpgradeEntrance } from '../../base/web-socket-network.js';
import * as sip from '../../sip/index.js';

/**
 * Serves a page with JsSIP, and SIP over WebSocket (RFC 7118) at /sip of the same port: pages register with digest and
 * send each other MESSAGE. `node dist/examples/phone-in-a-page/server.js 8080 alice:secret bob:secret`, from the root
 * of the clone; open http://127.0.0.1:8080 twice. Over HTTPS the same server is WSS.
 */
const [httpPort = '8080', ...accounts] = process.argv.slice(2);
const passwords = new Map(accounts.map((account) => account.split(':', 2) as [string, string]));
const folder = 'examples/phone-in-a-page';
const bundle = await rolldown({ input: `${folder}/phone.mjs`, platform: 'browser', logLevel: 'silent' });
const script = (await bundle.generate({ format: 'iife' })).output[0].code;
const page = readFileSync(`${folder}/index.html`, 'utf8');

const http = createServer((request, response) => {
  const isScript = request.url === '/phone.js';
  response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
  response.end(isScript ? script : page);
});
const entrance = new UpgradeEntrance();
http.on('upgrade', (request, socket, head) => entrance.take(request, socket, head));
await new Promise<void>((resolve) => http.listen(Number(httpPort), '127.0.0.1', resolve));
const address = http.address();
const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : httpPort}`;

const webSockets = createRealWebSockets();
const ws = sip.wsTransport({ webSockets, entrances: [entrance], allowedOrigins: [origin] });
const ua = sip.createUserAgent({ listens: [], transports: [ws] });
const realm = '127.0.0.1';
const auth = new sip.DigestRegistrarAuth(ua.context, {
  digest: new sip.DigestAuthenticator(ua),
  realm,
  ha1: (user, algorithm) => {
    const password = passwords.get(user);
    return password === undefined ? null : sip.ha1(algorithm, user, realm, password);
  },
});
const store = new sip.MemoryBindingStore(ua);
const registrar = new sip.Registrar(ua.context, { store, authenticate: auth.authenticate });
ua.use(registrar);

const messages: sip.Messages = new sip.Messages(ua.context, {
  onMessage: async ({ to, from, body }) => {
    const contacts = to.uri.scheme === 'sip' ? await registrar.contactsOf(to.uri) : [];
    const flow = ua.transport.flowById(contacts[0]?.binding.flow.connectionId ?? '');
    if (contacts[0] === undefined || flow === null) return { statusCode: 480 };
    const sender = sip.nameAddr(from.uri, {}, from.displayName);
    const way = { uri: contacts[0].uri, target: sip.targetOf(flow) };
    const { statusCode } = await messages.send({ ...way, from: sender, to: sip.nameAddr(to.uri), body });
    return { statusCode };
  },
});
ua.use(messages);
await ua.start();
console.log(`phones at ${origin}`);
