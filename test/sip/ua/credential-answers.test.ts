import { expect, test } from 'vitest';
import { CredentialAnswers } from '../../../sip/ua/credential-answers.js';
import { requestWith, responseWith } from '../../support/message-with.js';
import { createSeededRandom } from '../../support/seeded-random.js';

test('RFC 3261 §22.3 of a response that names a thousand realms the first four are looked at', () => {
  const asked: string[] = [];
  const answers = new CredentialAnswers(({ realm }) => {
    asked.push(realm);
    return null;
  }, createSeededRandom(1));
  const lines = Array.from({ length: 20 }, (_, line) => {
    const challenges = Array.from({ length: 50 }, (_, i) => `Digest realm="${line}-${i}", nonce="n", qop="auth"`);
    return `WWW-Authenticate: ${challenges.join(', ')}`;
  });
  expect(answers.take(requestWith(''), responseWith(lines.join('\n'), 401))).toBe(false);
  expect(asked).toEqual(['0-0', '0-1', '0-2', '0-3']);
});
