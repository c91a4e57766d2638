import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** Runs before the page's own scripts, for `violations`. */
export const axeScript = axe.source;

const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa'];

/** What of the page as it is now is against WCAG 2, A and AA: `color-contrast .hint: …`, one for each element. */
export async function violations(page: Page): Promise<string[]> {
  const options = { runOnly: { type: 'tag', values: standards } };
  const script = `axe.run(document, ${JSON.stringify(options)}).then(({ violations, passes }) => [
    ...(passes.length < 10 ? ['nothing was looked at'] : []),
    ...violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' ' + target + ': ' + failureSummary)),
  ])`;
  return (await page.evaluate(script)) as string[];
}
