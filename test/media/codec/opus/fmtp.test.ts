import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  defaultOpusParameters,
  encoderSettingsFor,
  type OpusParameters,
  opusPtimeMs,
  opusRtpmap,
  ownOpusParameters,
  parseOpusFmtp,
  writeOpusFmtp,
} from '../../../../media/codec/opus/fmtp.js';
import { defaultSettings } from '../../../../media/codec/opus/opus.js';

const anyParameters: fc.Arbitrary<OpusParameters> = fc.record({
  maxPlaybackRateHz: fc.integer({ min: 8000, max: 48000 }),
  spropMaxCaptureRateHz: fc.integer({ min: 8000, max: 48000 }),
  maxAverageBitrate: fc.option(fc.integer({ min: 6000, max: 510_000 })),
  stereo: fc.boolean(),
  spropStereo: fc.boolean(),
  cbr: fc.boolean(),
  useInbandFec: fc.boolean(),
  useDtx: fc.boolean(),
});

describe('RFC 7587 §6.1 parameters', () => {
  test('the example of §7 is read', () => {
    expect(
      parseOpusFmtp({
        maxplaybackrate: '16000',
        'sprop-maxcapturerate': '16000',
        maxaveragebitrate: '20000',
        stereo: '1',
        useinbandfec: '1',
        usedtx: '0',
      }),
    ).toEqual({
      ...defaultOpusParameters,
      maxPlaybackRateHz: 16000,
      spropMaxCaptureRateHz: 16000,
      maxAverageBitrate: 20000,
      stereo: true,
      useInbandFec: true,
    });
  });

  test('what is not said has the default', () => {
    expect(parseOpusFmtp({})).toEqual(defaultOpusParameters);
  });

  test('numbers as numbers, and names in any case, are the same', () => {
    expect(parseOpusFmtp({ MaxPlaybackRate: 12000, USEDTX: 1, 'Sprop-Stereo': 1, cbr: 1 })).toEqual({
      ...defaultOpusParameters,
      maxPlaybackRateHz: 12000,
      useDtx: true,
      spropStereo: true,
      cbr: true,
    });
  });

  test('numbers out of range are the nearest in range, what is no number was not said', () => {
    const low = parseOpusFmtp({ maxplaybackrate: '4000', 'sprop-maxcapturerate': '0', maxaveragebitrate: '500' });
    expect([low.maxPlaybackRateHz, low.spropMaxCaptureRateHz, low.maxAverageBitrate]).toEqual([8000, 8000, 6000]);
    const high = parseOpusFmtp({ maxplaybackrate: '96000', maxaveragebitrate: '999999999' });
    expect([high.maxPlaybackRateHz, high.maxAverageBitrate]).toEqual([48000, 510_000]);
    for (const text of ['', '-1', '16e3', '1600 0', '0x3e80', 'NaN', '9999999999']) {
      expect(parseOpusFmtp({ maxplaybackrate: text, maxaveragebitrate: text, stereo: text })).toEqual(
        defaultOpusParameters,
      );
    }
  });

  test('no record makes it throw or leave the ranges', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.double())), (record) => {
        expect(parseOpusFmtp(record)).toEqual(defaultOpusParameters);
      }),
    );
  });

  test('what is written is read as the same, and defaults are not written', () => {
    fc.assert(
      fc.property(anyParameters, (parameters) => {
        expect(parseOpusFmtp(writeOpusFmtp(parameters))).toEqual(parameters);
      }),
    );
    expect(writeOpusFmtp(defaultOpusParameters)).toEqual({});
  });

  test('a packet length is one that an encoder makes and the peer bears', () => {
    const asked = [undefined, 3, 10, 20, 30, 40, 50, 60, 120].map((ptimeMs) => opusPtimeMs(ptimeMs));
    expect(asked).toEqual([20, 10, 10, 20, 20, 40, 40, 60, 60]);
    expect([opusPtimeMs(60, 40), opusPtimeMs(20, 10), opusPtimeMs(undefined, 60)]).toEqual([40, 10, 20]);
  });
});

describe('RFC 7587 §7.1 offer and answer', () => {
  test('the rtpmap has 48000 and two channels, whatever is sent', () => {
    expect(opusRtpmap).toEqual({ encodingName: 'opus', clockRateHz: 48000, channels: 2 });
  });

  test('each side speaks of itself: ours are the same in offer and answer, and have nothing of the peer’s', () => {
    expect(writeOpusFmtp(ownOpusParameters(16000))).toEqual({
      maxplaybackrate: '16000',
      'sprop-maxcapturerate': '16000',
      useinbandfec: '1',
    });
    expect(writeOpusFmtp(ownOpusParameters(48000, { useDtx: true }))).toEqual({ useinbandfec: '1', usedtx: '1' });
  });

  test('an unknown parameter of an offer does not come back', () => {
    expect(writeOpusFmtp(parseOpusFmtp({ minptime: 10, useinbandfec: 1, 'x-google-min-bitrate': 3 }))).toEqual({
      useinbandfec: '1',
    });
  });

  test('we never send more bits or bandwidth than the peer takes', () => {
    fc.assert(
      fc.property(anyParameters, fc.constantFrom(8000, 16000, 48000), (peer, rateHz) => {
        const own = { ...defaultSettings(rateHz, true), dtx: true };
        const settings = encoderSettingsFor(peer, own);
        expect(settings.bitrate).toBe(Math.min(own.bitrate, peer.maxAverageBitrate ?? Number.POSITIVE_INFINITY));
        expect(settings.maxPlaybackRateHz).toBe(Math.min(rateHz, peer.maxPlaybackRateHz));
        expect([settings.fec, settings.dtx, settings.cbr]).toEqual([peer.useInbandFec, peer.useDtx, peer.cbr]);
      }),
    );
  });

  test('what we do not do ourselves is not done because the peer would like it; what we insist on is', () => {
    const peer = { ...defaultOpusParameters, useInbandFec: true, useDtx: true };
    const settings = encoderSettingsFor(peer, { ...defaultSettings(16000), cbr: true });
    expect([settings.fec, settings.dtx, settings.cbr]).toEqual([false, false, true]);
  });
});
