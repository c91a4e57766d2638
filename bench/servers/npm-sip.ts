/** The same on the npm package `sip`, which has no types of its own. */

import { createRequire } from 'node:module';
import { ANSWER, MOVED_TO, PASSWORD, REALM, REDIRECTED, serveFigures } from './users.js';

interface Message {
  method: string;
  uri: string;
  status?: number;
  headers: Record<string, unknown> & { to: { uri: string; params: Record<string, string> } };
  content?: string;
}
interface Sip {
  start(options: { address: string; port: number; tcp: boolean }, onRequest: (request: Message) => void): void;
  send(message: Message): void;
  makeResponse(request: Message, status: number, reason?: string): Message;
  parseUri(uri: string): { user?: string };
}
interface Digest {
  challenge(context: object, response: Message): Message;
  authenticateRequest(context: object, request: Message, credentials: { user: string; password: string }): boolean;
}

const require = createRequire(import.meta.url);
const sip = require('sip') as Sip;
const digest = require('sip/digest') as Digest;
const port = Number(process.argv[2]);
const contexts = new Map<string, object>();
const bindings = new Map<string, unknown>();
let tags = 0;

function register(request: Message): void {
  const user = sip.parseUri(request.headers.to.uri).user ?? '';
  let context = contexts.get(user);
  if (context === undefined || request.headers.authorization === undefined) {
    context = { realm: REALM };
    contexts.set(user, context);
    sip.send(digest.challenge(context, sip.makeResponse(request, 401, 'Unauthorized')));
    return;
  }
  if (!digest.authenticateRequest(context, request, { user, password: PASSWORD })) {
    sip.send(sip.makeResponse(request, 403, 'Forbidden'));
    return;
  }
  bindings.set(user, request.headers.contact);
  const response = sip.makeResponse(request, 200, 'OK');
  response.headers.contact = request.headers.contact;
  sip.send(response);
}

function invite(request: Message): void {
  tags += 1;
  request.headers.to.params.tag = `tag${tags}`;
  if (sip.parseUri(request.uri).user === REDIRECTED) {
    const moved = sip.makeResponse(request, 302, 'Moved Temporarily');
    moved.headers.contact = MOVED_TO;
    sip.send(moved);
    return;
  }
  const response = sip.makeResponse(request, 200, 'OK');
  response.headers.contact = `<sip:call@127.0.0.1:${port}>`;
  response.headers['content-type'] = 'application/sdp';
  response.content = ANSWER;
  sip.send(response);
}

sip.start({ address: '127.0.0.1', port, tcp: false }, (request) => {
  if (request.method === 'REGISTER') register(request);
  else if (request.method === 'INVITE') invite(request);
  else if (request.method !== 'ACK') sip.send(sip.makeResponse(request, 200, 'OK'));
});
serveFigures(port);
