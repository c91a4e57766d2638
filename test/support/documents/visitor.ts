import { chromium } from 'playwright-core';

/** Opens a link to the page /join as a reader would, and is in the room and out of it again. Throws where that does not work. */
export async function joinAsVisitor(url: string): Promise<void> {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      // The gateways of the documents listen on 127.0.0.1 alone, where pages look for nobody.
      '--allow-loopback-in-peer-connection',
    ],
  });
  try {
    const page = await browser.newPage();
    await page.goto(url);
    await page.getByLabel('Your name').fill('Anna');
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByRole('status').filter({ hasText: 'Connected' }).waitFor();
    await page.getByText('Anna (you)').waitFor();
    await page.getByRole('button', { name: 'Hang up' }).click();
    await page.getByRole('status').filter({ hasText: 'You left the room' }).waitFor();
  } finally {
    await browser.close();
  }
}
