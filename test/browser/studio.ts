/** The ways of a photographer through the studio, by what stands on the buttons. */
import type { Page } from 'playwright-core'
import { password } from '../journeys/people.ts'
import { type Service, until } from '../journeys/service.ts'

/** Follows the printed address and makes the first account. */
export async function setUpByHand(page: Page, service: Service): Promise<void> {
  await page.goto(await until(() => service.setUpUrl, { what: 'the address for the first account' }))
  await page.getByLabel('Your name').fill('Ida Photo')
  await page.getByLabel('E-mail').fill('ida@example.com')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByText('A file was written, read back and deleted.').waitFor()
  await page.getByRole('button', { name: 'Begin', exact: true }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.getByRole('link', { name: 'Galleries', exact: true }).click()
  await page.getByRole('heading', { name: 'Galleries', exact: true }).waitFor()
}

/** Makes a gallery and stays on its page; answers its slug. */
export async function createByHand(page: Page, title: string): Promise<string> {
  await page.getByRole('button', { name: 'New gallery' }).first().click()
  await page.getByLabel('Title').fill(title)
  await page.getByRole('button', { name: 'Create gallery' }).click()
  await page.getByRole('heading', { name: title, level: 1 }).waitFor()
  return new URL(page.url()).pathname.split('/').at(-1)!
}

/** Presses the button and chooses in the window that the system opens: files, or one folder. */
export async function choose(page: Page, button: 'Choose files' | 'Choose folder', chosen: string | string[]): Promise<void> {
  const opened = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: button }).click()
  await (await opened).setFiles(chosen)
}

/** Opens a page of the studio, signs in as Ida and is there. */
export async function signInByHand(page: Page, address: string): Promise<void> {
  await page.goto(address)
  await page.getByLabel('E-mail').fill('ida@example.com')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
}
