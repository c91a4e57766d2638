import { createHash } from 'node:crypto';
import * as sip from '../sip/index.js';

/**
 * A stateless proxy (RFC 3261 §16.11) out of parser and transport layer alone: what is for itself goes to one next
 * hop, all else by Route or Request-URI. `node dist/examples/stateless-proxy.js sip:127.0.0.1:5070 udp:127.0.0.1:5060`
 */
const [next = 'sip:127.0.0.1:5070', ...listens] = process.argv.slice(2);
const { host, port } = sip.sipUri(next);
if (listens.length === 0) listens.push('udp:127.0.0.1:5060', 'tcp:127.0.0.1:5060');
const transport = sip.createTransportLayer({ listens });
const ignore = (): void => undefined;
const hash = (...texts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 16);
const isUs = (place: sip.Uri | sip.Via | undefined): boolean =>
  place !== undefined && sip.namesListener(transport, place);

function onRequest(request: sip.SipRequest, flow: sip.Flow): void {
  const { uri, callId, cseq, via, method, maxForwards = 70 } = request;
  // RFC 3261 §16.6 step 8: the same branch for each copy, for the CANCEL and for the ACK to a failure. Its end tells
  // a loop from a spiral, which comes round with another Request-URI or Route.
  const routes = request.route.map(sip.serializeNameAddr);
  const sight = hash(sip.serializeUri(uri), routes, callId, cseq.sequence, sip.tagOf(request.from));
  const loops = via.some((each) => isUs(each) && each.params.get('branch')?.endsWith(sight));
  const route = isUs(request.route[0]?.uri) ? request.route.slice(1) : request.route;
  const requestUri = route.length === 0 && isUs(uri) ? { ...(uri as sip.SipUri), host, port } : uri;
  // Addresses only: of a name's servers each copy would have to go to the same one.
  const target = sip.targetForUri(route[0]?.uri ?? requestUri);
  const unsupported = request.headers.all('Proxy-Require').map((value) => ['Unsupported', value] as const);
  if (maxForwards === 0 || unsupported.length > 0 || loops || target === null) {
    const statusCode = maxForwards === 0 ? 483 : loops ? 482 : target === null ? 404 : 420;
    const refusal = sip.createResponse(request, statusCode, { toTag: sight, headers: unsupported });
    if (method !== 'ACK') transport.sendResponse(refusal, flow, ignore);
    return;
  }
  const local = transport.localFor(target);
  const headers = request.headers.clone();
  if (sip.tagOf(request.to) === undefined && method !== 'CANCEL' && method !== 'REGISTER') {
    const ours = sip.nameAddr(sip.sipUri({ host: local.host, port: local.port, params: { lr: null } }));
    headers.delete('Record-Route');
    headers.append('Record-Route', [sip.serializeNameAddr(ours), ...request.headers.all('Record-Route')].join(', '));
  }
  const branch = `z9hG4bK${hash(via.slice(0, 1).map(sip.serializeVia))}${sight}`;
  const params = sip.Params.of({ branch, ...(flow.connectionId === null ? {} : { flow: flow.connectionId }) });
  const top: sip.Via = { protocol: target.kind.toUpperCase(), host: local.host, port: local.port, params };
  const forwarded = { ...request, uri: requestUri, route, headers, via: [top, ...via], maxForwards: maxForwards - 1 };
  transport.sendRequest(forwarded, target, { onSent: ignore, onError: ignore });
}

/** By the Via that is topmost then, over the connection that ours remembers. */
function onResponse(response: sip.SipResponse): void {
  const [ours, ...via] = response.via;
  const flow = via[0] === undefined ? null : sip.flowByVia(transport, via[0], ours?.params.get('flow'));
  if (flow !== null) transport.sendResponse({ ...response, via }, flow, ignore);
}

await transport.start({ onRequest, onResponse });
console.log(`stateless proxy on ${listens.join(', ')}, next hop ${next}`);
process.once('SIGINT', () => void transport.close().then(() => process.exit()));
