import fc from 'fast-check';
import type { CSeq, NameAddr, Via } from '../../sip/header-values.js';
import { SipHeaders, type SipMessage, type SipRequest, type SipResponse } from '../../sip/message.js';
import { methods } from '../../sip/methods.js';
import { Params } from '../../sip/params.js';
import type { OtherUri, SipUri, TelUri, Uri } from '../../sip/uri.js';

/* Arbitrary SIP values for properties: everything that our types can say and the wire can carry. */

const tokenUnit = fc.constantFrom(..."abcxyzABCXYZ0189-.!%*_+`'~");
export const anyToken = fc.string({ unit: tokenUnit, minLength: 1, maxLength: 24 });

/** Any text without line breaks (and lone surrogates, which fast-check leaves out): those cannot be carried. */
const anyText = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replace(/[\r\n]/g, ' '));
const quotable = fc.oneof(
  anyText,
  fc.string({ unit: fc.constantFrom('"', '\\', ' ', ',', '<', ';', '\0', '\x7f', 'é') }),
);

function paramsOf(name: fc.Arbitrary<string>, value: fc.Arbitrary<string>, maxLength = 4): fc.Arbitrary<Params> {
  return fc
    .uniqueArray(fc.tuple(name, fc.option(value)), { selector: ([key]) => key.toLowerCase(), maxLength })
    .map((entries) => {
      const params = new Params();
      for (const [key, text] of entries) params.set(key, text);
      return params;
    });
}

const label = fc.string({ unit: fc.constantFrom(...'abcxyz0189-'), minLength: 1, maxLength: 10 });
const port = fc.option(fc.nat(65_535), { nil: undefined });
export const anyHost = fc.oneof(
  fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.')),
  fc.ipV4(),
  fc.ipV6(),
);

const uriText = fc.oneof(anyText, fc.string({ unit: fc.constantFrom(...'@:;?/=&%[]<>" \0é\u{1f600}') }));
const nonEmpty = uriText.filter((text) => text !== '');

export const anySipUri: fc.Arbitrary<SipUri> = fc
  .record({
    scheme: fc.constantFrom('sip' as const, 'sips' as const),
    account: fc.option(fc.tuple(nonEmpty, fc.option(uriText, { nil: undefined }))),
    host: anyHost,
    port,
    params: paramsOf(nonEmpty, uriText),
    headers: fc.oneof(fc.constant(''), fc.constantFrom('a=b', 'Subject=x%20y&To=sip:a%40b')),
  })
  .map(({ account, ...rest }) => ({ ...rest, user: account?.[0], password: account?.[1] }));

const anyTelUri: fc.Arbitrary<TelUri> = fc.record({
  scheme: fc.constant('tel' as const),
  number: fc
    .string({ unit: fc.constantFrom(...'0123456789-.()*#'), minLength: 1, maxLength: 15 })
    .map((text) => `+${text}`),
  params: paramsOf(fc.constantFrom('ext', 'isub', 'phone-context', 'tgrp'), uriText),
});

const anyOtherUri: fc.Arbitrary<OtherUri> = fc.record({
  scheme: fc.constant('other' as const),
  name: fc.constantFrom('urn', 'http', 'im', 'soap.beep'),
  rest: fc.string({ unit: fc.constantFrom(...'abc:/;=%@'), minLength: 1, maxLength: 20 }),
});

export const anyUri: fc.Arbitrary<Uri> = fc.oneof({ weight: 4, arbitrary: anySipUri }, anyTelUri, anyOtherUri);

const headerParams = paramsOf(anyToken, fc.oneof(anyToken, quotable, fc.ipV6()));

export const anyNameAddr: fc.Arbitrary<NameAddr> = fc.record({
  displayName: fc.option(quotable, { nil: undefined }),
  uri: anyUri,
  params: headerParams,
});

export const anyVia: fc.Arbitrary<Via> = fc.record({
  protocol: fc.constantFrom('UDP', 'TCP', 'TLS', 'WS', 'X-OTHER'),
  host: anyHost,
  port,
  params: headerParams,
});

const anyMethod = fc.oneof(fc.constantFrom(...Object.keys(methods)), anyToken);

export const anyCSeq: fc.Arbitrary<CSeq> = fc.record({ sequence: fc.nat(0x7fff_ffff), method: anyMethod });

const typedNames = new Set(['via', 'from', 'to', 'call-id', 'cseq', 'max-forwards', 'route', 'content-length']);
const fieldName = fc
  .oneof(anyToken, fc.constantFrom('Contact', 'm', 'k', 'Supported'))
  .filter((name) => !typedNames.has(name.toLowerCase()) && !/^[fitvl]$/i.test(name));
const fieldValue = anyText.map((text) => text.replace(/^\s+|\s+$/g, ''));

export const anyHeaders: fc.Arbitrary<SipHeaders> = fc
  .array(fc.tuple(fieldName, fieldValue), { maxLength: 6 })
  .map((fields) => {
    const headers = new SipHeaders();
    for (const [name, value] of fields) headers.append(name, value);
    return headers;
  });

const common = {
  via: fc.array(anyVia, { minLength: 1, maxLength: 3 }),
  from: anyNameAddr,
  to: anyNameAddr,
  callId: fc.string({ unit: fc.constantFrom(...'abc019@-.!%*_+`\'~()<>:\\/"[]?{}'), minLength: 1, maxLength: 30 }),
  headers: anyHeaders,
  body: fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
};

export const anyRequest: fc.Arbitrary<SipRequest> = fc
  .record({
    ...common,
    kind: fc.constant('request' as const),
    uri: anyUri.map((uri) => (uri.scheme === 'sip' || uri.scheme === 'sips' ? { ...uri, headers: '' } : uri)),
    cseq: anyCSeq,
    maxForwards: fc.option(fc.nat(255), { nil: undefined }),
    route: fc.array(anyNameAddr, { maxLength: 2 }),
  })
  .map((request) => ({ ...request, method: request.cseq.method }));

export const anyResponse: fc.Arbitrary<SipResponse> = fc.record({
  ...common,
  kind: fc.constant('response' as const),
  cseq: anyCSeq,
  statusCode: fc.integer({ min: 100, max: 699 }),
  reasonPhrase: fieldValue,
});

export const anyMessage: fc.Arbitrary<SipMessage> = fc.oneof(anyRequest, anyResponse);
