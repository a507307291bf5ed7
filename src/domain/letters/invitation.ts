/** To somebody who gets an account: where they choose their password. And to whoever tries whether letters arrive. */
import { asHtml, asText, type Composed } from './blocks.ts'
import { type Catalog, formatMoment, type Locale, longestName, oneLine, shared } from './words.ts'

export interface InvitationFacts {
  name: string
  /** who invites */
  by: string
  /** of this Keepsake */
  address: string
  link: string
  ends: Date
}

export function renderInvitation(facts: InvitationFacts, locale: Locale): { subject: string; text: string; html: string } {
  const words = catalog[locale]
  const by = oneLine(facts.by, longestName)
  return rendered(
    {
      subject: words.subject(by),
      preheader: words.next,
      blocks: [
        { heading: words.heading(oneLine(facts.name, longestName)) },
        { text: words.text(by, facts.address) },
        { button: words.button, link: facts.link, or: shared[locale].orLink },
        { text: words.until(formatMoment(facts.ends, locale)) },
        { small: words.why(by) },
      ],
    },
    locale,
  )
}

/** A letter that says only that letters arrive. */
export function renderTest(address: string, locale: Locale): { subject: string; text: string; html: string } {
  const words = catalog[locale]
  const { testSubject: subject, testText: text, testWhy: why } = words
  return rendered(
    { subject, preheader: text, blocks: [{ heading: subject }, { text }, { facts: [['Keepsake', address]] }, { small: why }] },
    locale,
  )
}

const rendered = (composed: Composed, locale: Locale) => ({
  subject: composed.subject,
  text: asText(composed),
  html: asHtml(composed, locale),
})

interface Words {
  subject(by: string): string
  heading(name: string): string
  text(by: string, address: string): string
  next: string
  button: string
  until(moment: string): string
  why(by: string): string
  testSubject: string
  testText: string
  testWhy: string
}

const catalog: Catalog<Words> = {
  en: {
    subject: (by) => `${by} invites you to Keepsake`,
    heading: (name) => `Welcome, ${name}`,
    text: (by, address) => `${by} has made an account for you at ${address}. Choose a password and you can begin.`,
    next: 'Choose a password and you can begin.',
    button: 'Choose a password',
    until: (moment) => `The address works once, until ${moment}.`,
    why: (by) => `You get this letter because ${by} entered your address. If you expect nothing from them, do nothing.`,
    testSubject: 'Letters from your Keepsake arrive',
    testText: 'This is the letter you asked for. Your clients’ letters take the same way.',
    testWhy: 'You get this letter because somebody who runs this Keepsake pressed “Send a test letter”.',
  },
  de: {
    subject: (by) => `${by} lädt Sie zu Keepsake ein`,
    heading: (name) => `Willkommen, ${name}`,
    text: (by, address) => `${by} hat unter ${address} ein Konto für Sie angelegt. Wählen Sie ein Passwort, dann kann es losgehen.`,
    next: 'Wählen Sie ein Passwort, dann kann es losgehen.',
    button: 'Passwort wählen',
    until: (moment) => `Die Adresse gilt einmal, bis ${moment}.`,
    why: (by) => `Sie bekommen diesen Brief, weil ${by} Ihre Adresse eingetragen hat. Wenn Sie nichts erwarten, tun Sie einfach nichts.`,
    testSubject: 'Briefe Ihres Keepsake kommen an',
    testText: 'Das ist der Brief, um den Sie gebeten haben. Die Briefe an Ihre Kunden nehmen denselben Weg.',
    testWhy: 'Sie bekommen diesen Brief, weil jemand, der dieses Keepsake betreibt, „Testbrief senden“ gedrückt hat.',
  },
  ru: {
    subject: (by) => `${by} приглашает вас в Keepsake`,
    heading: (name) => `Добро пожаловать, ${name}`,
    text: (by, address) => `${by} создал(а) для вас учётную запись на ${address}. Выберите пароль, и можно начинать.`,
    next: 'Выберите пароль, и можно начинать.',
    button: 'Выбрать пароль',
    until: (moment) => `Адрес действует один раз, до ${moment}.`,
    why: (by) => `Вы получили это письмо, потому что ${by} указал(а) ваш адрес. Если вы ничего не ждёте, ничего не делайте.`,
    testSubject: 'Письма вашего Keepsake доходят',
    testText: 'Это письмо, о котором вы просили. Письма клиентам идут тем же путём.',
    testWhy: 'Вы получили это письмо, потому что тот, кто управляет этим Keepsake, нажал «Отправить проверочное письмо».',
  },
}
