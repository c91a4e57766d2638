import { dtls12, ecdsaSha256, extension, handshakeType, p256, suites } from './constants.js';
import { type Conversation, fail, type Step, wait } from './conversation.js';
import { lists, readClientHello, srtpProfilesIn, writeServerHello } from './hello.js';
import {
  isSigned,
  readCertificateVerify,
  readClientKeyExchange,
  writeCertificateRequest,
  writeServerKeyExchange,
} from './messages.js';
import type { HandshakeMessage } from './reassembly.js';

/** The messages of a client, in the order of RFC 5246 §7.3 with its certificate asked for (RFC 5763 §5). */
const order = [
  handshakeType.clientHello,
  handshakeType.certificate,
  handshakeType.clientKeyExchange,
  handshakeType.certificateVerify,
  handshakeType.finished,
] as const;

/** The server's half of a handshake, from the ClientHello with the right cookie on: RFC 6347 §4.2.4 figure 1. */
export class ServerSide {
  readonly #talk: Conversation;
  #at = 0;

  constructor(talk: Conversation) {
    this.#talk = talk;
  }

  take(message: HandshakeMessage): Step {
    const expected = order[this.#at];
    const isClear = expected !== handshakeType.finished;
    if (message.type !== expected || (message.epoch === 0) !== isClear) {
      return fail('unexpected_message', `message ${message.type} came out of turn`);
    }
    this.#at += 1;
    switch (expected) {
      case handshakeType.clientHello:
        return this.#hello(message);
      case handshakeType.certificate:
        this.#talk.hear(message);
        return this.#talk.takeCertificate(message.body);
      case handshakeType.clientKeyExchange:
        return this.#keyExchange(message);
      case handshakeType.certificateVerify:
        return this.#verify(message);
      case handshakeType.finished:
        return this.#finished(message);
    }
  }

  #hello(message: HandshakeMessage): Step {
    const talk = this.#talk;
    const hello = readClientHello(message.body);
    if (hello === null) return fail('decode_error', 'ClientHello cannot be read');
    // Versions count down: 1.2 is less than 1.0.
    if (hello.version > dtls12) return fail('protocol_version', 'DTLS 1.2 is needed');
    const { extensions } = hello;
    const canTalk =
      hello.suites.includes(suites.ecdsaAes128Gcm) &&
      lists(extensions, extension.supportedGroups, p256) &&
      lists(extensions, extension.signatureAlgorithms, ecdsaSha256);
    if (!canTalk) return fail('handshake_failure', 'no common cipher suite');
    const ids = srtpProfilesIn(extensions);
    // RFC 5764 §4.1.2 leaves the choice to the server.
    const profile = talk.options.profiles.find(({ dtlsId }) => dtlsId !== null && ids.includes(dtlsId));
    const id = profile?.dtlsId;
    if (profile === undefined || typeof id !== 'number') return fail('handshake_failure', 'no common SRTP profile');
    talk.profile = profile;
    talk.peerRandom = hello.random;
    talk.isExtended = extensions.has(extension.extendedMasterSecret);
    talk.hear(message);
    const { random, key } = talk.options;
    const randoms = Buffer.concat([hello.random, random]);
    const flight = [
      talk.say(handshakeType.serverHello, writeServerHello(random, id, hello)),
      talk.ourCertificate(),
      talk.say(handshakeType.serverKeyExchange, writeServerKeyExchange(talk.point, randoms, key)),
      talk.say(handshakeType.certificateRequest, writeCertificateRequest()),
      talk.say(handshakeType.serverHelloDone, new Uint8Array(0)),
    ];
    return { type: 'send', flight, isLast: false };
  }

  #keyExchange(message: HandshakeMessage): Step {
    const point = readClientKeyExchange(message.body);
    this.#talk.hear(message);
    if (point === null || !this.#talk.agree(point)) return fail('illegal_parameter', 'no point of the curve');
    return wait;
  }

  #verify(message: HandshakeMessage): Step {
    const talk = this.#talk;
    const signed = readCertificateVerify(message.body);
    const isGenuine = signed !== null && talk.peerKey !== null && isSigned(talk.transcript, signed, talk.peerKey);
    if (!isGenuine) return fail('decrypt_error', 'peer has not the key of its certificate');
    talk.hear(message);
    return wait;
  }

  #finished(message: HandshakeMessage): Step {
    const talk = this.#talk;
    if (!talk.isFinished(message)) return fail('decrypt_error', 'Finished is wrong');
    talk.hear(message);
    return { type: 'send', flight: talk.ourFinished(), isLast: true };
  }
}
