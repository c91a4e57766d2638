import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { streamSettings } from '../../../contract/streams.js';
import { connectedMessage, MessageWriter, readMessage } from '../../../gateway/streams/messages.js';

const names = { streamSid: 'MZ1', callSid: 'call "1"', roomId: 'room' };
const writer = new MessageWriter(names);
const settings = streamSettings.parse({ custom_parameters: { lang: 'de', 'with "quotes"': '\n' } });

describe('written messages have the fields of Twilio Media Streams', () => {
  test('connected', () => {
    expect(JSON.parse(connectedMessage)).toEqual({ event: 'connected', protocol: 'Call', version: '1.0.0' });
  });

  test('start', () => {
    expect(JSON.parse(writer.start(1, settings))).toEqual({
      event: 'start',
      sequenceNumber: '1',
      start: {
        accountSid: 'hookline',
        streamSid: 'MZ1',
        callSid: 'call "1"',
        roomId: 'room',
        tracks: ['inbound'],
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
        customParameters: { lang: 'de', 'with "quotes"': '\n' },
      },
      streamSid: 'MZ1',
    });
    const l16 = streamSettings.parse({ encoding: 'l16', rate: 24_000, ways: 'speaks' });
    expect(JSON.parse(writer.start(1, l16)).start).toMatchObject({
      tracks: [],
      mediaFormat: { encoding: 'audio/l16', sampleRate: 24_000, channels: 1 },
    });
  });

  test('media, dtmf, mark, stop', () => {
    expect(JSON.parse(writer.media(4, 2, 20, '//8='))).toEqual({
      event: 'media',
      sequenceNumber: '4',
      media: { track: 'inbound', chunk: '2', timestamp: '20', payload: '//8=' },
      streamSid: 'MZ1',
    });
    expect(JSON.parse(writer.dtmf(5, '#', 'm1'))).toEqual({
      event: 'dtmf',
      sequenceNumber: '5',
      dtmf: { track: 'inbound_track', digit: '#', memberId: 'm1' },
      streamSid: 'MZ1',
    });
    expect(JSON.parse(writer.mark(6, 'a "b" ü'))).toEqual({
      event: 'mark',
      sequenceNumber: '6',
      mark: { name: 'a "b" ü' },
      streamSid: 'MZ1',
    });
    expect(JSON.parse(writer.stop(7, 'closed'))).toEqual({
      event: 'stop',
      sequenceNumber: '7',
      stop: { accountSid: 'hookline', callSid: 'call "1"', reason: 'closed' },
      streamSid: 'MZ1',
    });
  });
});

describe('messages that are read', () => {
  test('media, mark and clear, as bots of Twilio send them', () => {
    expect(readMessage('{"event":"media","streamSid":"MZ1","media":{"payload":"//8="}}')).toEqual({
      type: 'sound',
      sound: Buffer.from([255, 255]),
    });
    expect(readMessage('{"event":"mark","streamSid":"MZ1","mark":{"name":"end"}}')).toEqual({
      type: 'mark',
      name: 'end',
    });
    expect(readMessage('{"event":"clear","streamSid":"MZ1"}')).toEqual({ type: 'clear' });
  });

  test('an event that is not known is no fault', () => {
    expect(readMessage('{"event":"later"}')).toEqual({ type: 'other' });
  });

  test('base64 without its padding is taken', () => {
    expect(readMessage('{"event":"media","media":{"payload":"//8"}}')).toMatchObject({
      sound: Buffer.from([255, 255]),
    });
  });

  test.each([
    ['{', 'not JSON'],
    ['', 'not JSON'],
    ['[]', 'no event'],
    ['null', 'no event'],
    ['{"event":1}', 'no event'],
    ['{"event":"media"}', 'media without a payload'],
    ['{"event":"media","media":{"payload":7}}', 'media without a payload'],
    ['{"event":"media","media":{"payload":"not base64!"}}', 'payload is not base64'],
    ['{"event":"media","media":{"payload":"////=AAA"}}', 'payload is not base64'],
    ['{"event":"mark","mark":{}}', 'mark without a name'],
    [`{"event":"mark","mark":{"name":"${'x'.repeat(257)}"}}`, 'mark with a name of more than 256 characters'],
  ])('RFC 6455 §7.4.1 %s is a 1007: %s', (text, reason) => {
    expect(readMessage(text)).toEqual({ type: 'fault', statusCode: 1007, reason });
  });

  test('no text makes it throw, and what was base64 comes back', () => {
    fc.assert(fc.property(fc.string(), (text) => void readMessage(text)));
    fc.assert(fc.property(fc.json(), (text) => void readMessage(text)));
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const payload = Buffer.from(bytes).toString('base64');
        expect(readMessage(JSON.stringify({ event: 'media', media: { payload } }))).toEqual({
          type: 'sound',
          sound: Buffer.from(bytes),
        });
      }),
    );
  });
});
