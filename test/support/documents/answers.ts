/** Where an answer differs from the one shown; null when it does not. `…` in a text stands for anything. */
export function difference(shown: unknown, given: unknown, path = 'answer'): string | null {
  if (typeof shown === 'string') {
    const fits = typeof given === 'string' && patternOf(shown).test(given);
    return fits ? null : `${path}: ${JSON.stringify(given)} instead of ${JSON.stringify(shown)}`;
  }
  if (isTime(shown) && isTime(given)) return null;
  if (typeof shown !== 'object' || shown === null || typeof given !== 'object' || given === null) {
    return shown === given ? null : `${path}: ${JSON.stringify(given)} instead of ${JSON.stringify(shown)}`;
  }
  const [wanted, found] = [Object.keys(shown), Object.keys(given)];
  if (wanted.join() !== found.join()) return `${path}: members ${found.join()} instead of ${wanted.join()}`;
  for (const name of wanted) {
    const inside = difference(shown[name as keyof typeof shown], given[name as keyof typeof given], `${path}.${name}`);
    if (inside !== null) return inside;
  }
  return null;
}

/** A whole line, whatever is around it in the way of space. */
export function patternOf(line: string): RegExp {
  const parts = line.trim().split('…');
  return new RegExp(`^\\s*${parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')}\\s*$`, 'm');
}

/** Milliseconds since 1970, of this century. */
function isTime(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value > 1e12 && value < 4.2e12;
}

/** The first of the lines shown that is missing, in order; null when all are there. */
export function missingLine(shown: string, printed: string): string | null {
  let rest = printed;
  for (const line of shown.trim().split('\n')) {
    const found = patternOf(line).exec(rest);
    if (found === null) return line;
    rest = rest.slice(found.index + found[0].length);
  }
  return null;
}
