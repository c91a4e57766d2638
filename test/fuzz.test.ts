import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { agentTarget } from './fuzz/agent-target.js';
import { bodyTargets } from './fuzz/body-targets.js';
import { readCorpus, tryInput } from './fuzz/fuzzer.js';
import { mediaTargets } from './fuzz/media-targets.js';
import { messageTargets } from './fuzz/message-targets.js';
import { mutate } from './fuzz/mutate.js';
import { rootDir } from './support/dist.js';
import { createSeededRandom } from './support/seeded-random.js';

describe.each([...messageTargets, ...bodyTargets, ...mediaTargets, agentTarget])('$name', (target) => {
  test('what once broke it, or reached a corner of it, holds', async () => {
    const inputs = [...target.seeds(), ...readCorpus(join(rootDir, 'test/fuzz/corpus', target.name))];
    expect(inputs.length).toBeGreaterThan(1);
    for (const input of inputs) expect(await tryInput(target, input), input.toString('base64')).toBeNull();
  });

  test('some hundred mutants of its seeds hold', async () => {
    const random = createSeededRandom(4475);
    const seeds = target.seeds();
    const pick = (): Buffer => seeds[random.uint32() % seeds.length]!;
    for (let i = 0; i < 300; i += 1) {
      const input = mutate(pick(), pick(), random);
      expect(await tryInput(target, input), input.toString('base64')).toBeNull();
    }
  });
});
