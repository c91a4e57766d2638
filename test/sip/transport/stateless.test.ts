import { describe, expect, test } from 'vitest';
import { parseVia } from '../../../sip/header-values.js';
import { flowByVia, namesListener } from '../../../sip/transport/stateless.js';
import { parseUri } from '../../../sip/uri.js';
import { sampleRequest } from '../../support/sample-request.js';
import { OURS, PEER, TransportBench } from '../../support/transport-bench.js';

function uri(text: string) {
  const read = parseUri(text);
  if (!read.ok) throw new Error(text);
  return read.value;
}

function via(text: string) {
  const read = parseVia(text);
  if (!read.ok) throw new Error(text);
  return read.value;
}

describe('RFC 3261 §16.11 what a stateless proxy asks the layer', () => {
  test('RFC 3261 §16.4, §16.6 whether a Route or a Via is ours, default ports included', async () => {
    const bench = new TransportBench();
    await bench.start();
    const { layer } = bench;
    const ours = [`sip:${OURS}`, `sip:x@${OURS}:5060;lr`, `sip:${OURS};transport=tcp`];
    expect(ours.map((text) => namesListener(layer, uri(text)))).toEqual([true, true, true]);
    const others = [`sip:${PEER}`, `sip:${OURS}:5070`, `sips:${OURS}`, 'sip:example.com', 'tel:+4930'];
    expect(others.map((text) => namesListener(layer, uri(text)))).toEqual([false, false, false, false, false]);
    expect(namesListener(layer, via(`SIP/2.0/UDP ${OURS};branch=z9hG4bK1`))).toBe(true);
    expect(namesListener(layer, via(`SIP/2.0/TLS ${OURS};branch=z9hG4bK1`))).toBe(false);
    await layer.close();
  });

  test('RFC 3261 §18.2.2, RFC 3581 §4 where a response goes by its Via: received and rport before sent-by', async () => {
    const bench = new TransportBench();
    await bench.start();
    const to = (text: string) => flowByVia(bench.layer, via(text))?.remote;
    expect(to(`SIP/2.0/UDP ${PEER};branch=z9hG4bK1`)).toEqual({ address: PEER, port: 5060 });
    expect(to(`SIP/2.0/UDP ${PEER}:5080;branch=z9hG4bK1`)).toEqual({ address: PEER, port: 5080 });
    expect(to(`SIP/2.0/UDP phone.invalid;received=${PEER};rport=4444;branch=z9hG4bK1`)).toEqual({
      address: PEER,
      port: 4444,
    });
    expect(to(`SIP/2.0/TCP ${PEER};branch=z9hG4bK1`)).toBeUndefined();
    expect(to(`SIP/2.0/SCTP ${PEER};branch=z9hG4bK1`)).toBeUndefined();
    await bench.layer.close();
  });

  test('RFC 3261 §18.2.2 or over the connection that the proxy remembers in its own Via', async () => {
    const bench = new TransportBench();
    await bench.start();
    const peer = await bench.dial();
    peer.send(sampleRequest('OPTIONS', { protocol: 'TCP', sentBy: { host: 'phone.invalid' } }));
    await bench.clock.advance(10);
    const [{ flow } = { flow: null }] = bench.requests;
    const top = via('SIP/2.0/TCP phone.invalid;branch=z9hG4bK1');
    expect(flowByVia(bench.layer, top, flow?.connectionId)?.connectionId).toBe(flow?.connectionId);
    expect(flowByVia(bench.layer, top, 'nothing')).toBeNull();
    await bench.layer.close();
  });
});
