import { describe, expect, test } from 'vitest';
import { readDocument } from '../support/documents/blocks.js';
import { Desk } from './mapping/desk.js';
import { livekit } from './mapping/livekit.js';
import { livekitSound, twilioSound } from './mapping/sound.js';
import { twilio } from './mapping/twilio.js';

const tables = { LiveKit: { ...livekit, ...livekitSound }, Twilio: { ...twilio, ...twilioSound } };

/** The calls in the first column of the tables below `## NAME`. */
function rowsOf(name: string): string[] {
  const [, section = ''] = readDocument('docs/api-mapping.md').split(`\n## ${name}\n`);
  const table = section.split('\n## ')[0] ?? '';
  return [...table.matchAll(/^\| `([^`]+)` \|/gm)].map(([, call]) => call!);
}

describe.each(Object.entries(tables))('docs/api-mapping.md, %s', (name, tests) => {
  test('each row has a test, and each test a row', () => {
    expect(rowsOf(name).length).toBeGreaterThan(15);
    expect(rowsOf(name)).toEqual(Object.keys(tests));
  });

  test.each(Object.entries(tests))('%s', async (_call, run) => {
    const desk = await Desk.open();
    try {
      await run(desk);
    } finally {
      expect(await desk.close()).toEqual({ sockets: [], timers: 0 });
    }
  });
});
