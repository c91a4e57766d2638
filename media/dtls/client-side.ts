import { srtpProfileOfDtls } from '../srtp/profiles.js';
import { dtls12, extension, handshakeType, suites } from './constants.js';
import { type Conversation, type FlightRecord, fail, type Step, wait } from './conversation.js';
import { readServerHello, srtpProfilesIn, writeClientHello } from './hello.js';
import {
  isSigned,
  readHelloVerifyRequest,
  readServerKeyExchange,
  writeCertificateVerify,
  writeClientKeyExchange,
} from './messages.js';
import type { HandshakeMessage } from './reassembly.js';

type Place = 'hello' | 'certificate' | 'key-exchange' | 'request' | 'done' | 'finished';

/** The client's half of a handshake: RFC 6347 §4.2.4 figure 1. */
export class ClientSide {
  readonly #talk: Conversation;
  #place: Place = 'hello';
  #hasCookie = false;
  #isAsked = false;
  #point: Buffer = Buffer.alloc(0);

  constructor(talk: Conversation) {
    this.#talk = talk;
  }

  start(): readonly FlightRecord[] {
    return this.#hello(Buffer.alloc(0));
  }

  take(message: HandshakeMessage): Step {
    const { type, epoch } = message;
    const isClear = this.#place !== 'finished';
    if ((epoch === 0) === isClear) {
      if (this.#place === 'hello' && type === handshakeType.helloVerifyRequest) return this.#verifyRequest(message);
      if (this.#place === 'hello' && type === handshakeType.serverHello) return this.#serverHello(message);
      if (this.#place === 'certificate' && type === handshakeType.certificate) return this.#certificate(message);
      if (this.#place === 'key-exchange' && type === handshakeType.serverKeyExchange) return this.#exchange(message);
      if (this.#place === 'request' && type === handshakeType.certificateRequest) return this.#request(message);
      const mayBeDone = this.#place === 'request' || this.#place === 'done';
      if (mayBeDone && type === handshakeType.serverHelloDone) return this.#answer(message);
      if (this.#place === 'finished' && type === handshakeType.finished) return this.#finished(message);
    }
    return fail('unexpected_message', `message ${type} came out of turn`);
  }

  #hello(cookie: Buffer): readonly FlightRecord[] {
    const { random, profiles } = this.#talk.options;
    const ids = profiles.flatMap(({ dtlsId }) => (dtlsId === null ? [] : [dtlsId]));
    return [this.#talk.say(handshakeType.clientHello, writeClientHello(random, cookie, ids))];
  }

  /** Once: a server that asks again and again would have us for ever. */
  #verifyRequest({ body }: HandshakeMessage): Step {
    const cookie = readHelloVerifyRequest(body);
    if (cookie === null || this.#hasCookie) return fail('unexpected_message', 'HelloVerifyRequest cannot be used');
    this.#hasCookie = true;
    this.#talk.forget();
    return { type: 'send', flight: this.#hello(cookie), isLast: false };
  }

  #serverHello(message: HandshakeMessage): Step {
    const talk = this.#talk;
    const hello = readServerHello(message.body);
    if (hello === null) return fail('decode_error', 'ServerHello cannot be read');
    if (hello.version !== dtls12) return fail('protocol_version', 'DTLS 1.2 is needed');
    const isOffered = hello.suite === suites.ecdsaAes128Gcm || hello.suite === suites.rsaAes128Gcm;
    if (!isOffered || hello.compression !== 0) return fail('illegal_parameter', 'cipher suite was not offered');
    const [id, ...others] = srtpProfilesIn(hello.extensions);
    const isOurs = talk.options.profiles.some(({ dtlsId }) => dtlsId === id);
    if (id === undefined || others.length > 0 || !isOurs) return fail('handshake_failure', 'no common SRTP profile');
    talk.profile = srtpProfileOfDtls(id);
    talk.peerRandom = hello.random;
    talk.isExtended = hello.extensions.has(extension.extendedMasterSecret);
    return this.#next(message, 'certificate');
  }

  #certificate(message: HandshakeMessage): Step {
    const step = this.#talk.takeCertificate(message.body);
    return step.type === 'wait' ? this.#next(message, 'key-exchange') : step;
  }

  /** RFC 8422 §5.4: only who has the certificate's key can have signed it. */
  #exchange(message: HandshakeMessage): Step {
    const { randoms, peerKey } = this.#talk;
    const exchange = readServerKeyExchange(message.body);
    if (exchange === null || peerKey === null) return fail('illegal_parameter', 'ServerKeyExchange cannot be used');
    const signed = Buffer.concat([randoms.client, randoms.server, exchange.params]);
    if (!isSigned(signed, exchange, peerKey)) return fail('decrypt_error', 'peer has not the key of its certificate');
    this.#point = exchange.point;
    return this.#next(message, 'request');
  }

  #request(message: HandshakeMessage): Step {
    this.#isAsked = true;
    return this.#next(message, 'done');
  }

  #answer(message: HandshakeMessage): Step {
    const talk = this.#talk;
    this.#next(message, 'finished');
    const flight = this.#isAsked ? [talk.ourCertificate()] : [];
    flight.push(talk.say(handshakeType.clientKeyExchange, writeClientKeyExchange(talk.point)));
    if (!talk.agree(this.#point)) return fail('illegal_parameter', 'no point of the curve');
    if (this.#isAsked) {
      const proof = writeCertificateVerify(talk.transcript, talk.options.key);
      flight.push(talk.say(handshakeType.certificateVerify, proof));
    }
    return { type: 'send', flight: [...flight, ...talk.ourFinished()], isLast: false };
  }

  #finished(message: HandshakeMessage): Step {
    return this.#talk.isFinished(message) ? { type: 'done' } : fail('decrypt_error', 'Finished is wrong');
  }

  #next(message: HandshakeMessage, place: Place): Step {
    this.#talk.hear(message);
    this.#place = place;
    return wait;
  }
}
