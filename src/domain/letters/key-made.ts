/** To whoever has an account: a program may act in their name from now on. */
import type { Composed } from './blocks.ts'
import { type Catalog, formatMoment, type Locale, longestTitle, oneLine, shared } from './words.ts'

export interface KeyMade {
  /** as it was called by who made it */
  name: string
  scopes: string[]
  made: Date
  /** the studio */
  link: string
  timeZone?: string
}

export function keyMade(data: KeyMade, locale: Locale): Composed {
  const words = catalog[locale]
  const name = oneLine(data.name, longestTitle)
  return {
    subject: words.subject(name),
    preheader: words.text,
    blocks: [
      { heading: words.heading },
      { text: words.text },
      {
        facts: [
          [words.nameLabel, name],
          [words.scopesLabel, data.scopes.join(', ')],
          [words.madeLabel, formatMoment(data.made, locale, data.timeZone)],
        ],
      },
      { text: words.strange },
      { button: words.open, link: data.link, or: shared[locale].orLink },
      { small: words.why },
    ],
  }
}

interface Words {
  subject(name: string): string
  heading: string
  text: string
  nameLabel: string
  scopesLabel: string
  madeLabel: string
  strange: string
  open: string
  why: string
}

const catalog: Catalog<Words> = {
  en: {
    subject: (name) => `A new API key: ${name}`,
    heading: 'A new API key',
    text: 'A key was made with which a program can act in your name. The key itself is not in this letter.',
    nameLabel: 'Name',
    scopesLabel: 'May',
    madeLabel: 'Made',
    strange: 'If that was not you, revoke the key and change your password.',
    open: 'Open Keepsake',
    why: 'You get this letter because the key belongs to your account.',
  },
  de: {
    subject: (name) => `Ein neuer API-Schlüssel: ${name}`,
    heading: 'Ein neuer API-Schlüssel',
    text: 'Es wurde ein Schlüssel angelegt, mit dem ein Programm in Ihrem Namen handeln kann. Der Schlüssel selbst steht nicht in diesem Brief.',
    nameLabel: 'Name',
    scopesLabel: 'Darf',
    madeLabel: 'Angelegt',
    strange: 'Wenn Sie das nicht waren, widerrufen Sie den Schlüssel und ändern Sie Ihr Passwort.',
    open: 'Keepsake öffnen',
    why: 'Sie erhalten diesen Brief, weil der Schlüssel zu Ihrem Konto gehört.',
  },
  ru: {
    subject: (name) => `Новый ключ API: ${name}`,
    heading: 'Новый ключ API',
    text: 'Создан ключ, с которым программа может действовать от вашего имени. Самого ключа в этом письме нет.',
    nameLabel: 'Название',
    scopesLabel: 'Права',
    madeLabel: 'Создан',
    strange: 'Если это были не вы, отзовите ключ и смените пароль.',
    open: 'Открыть Keepsake',
    why: 'Вы получили это письмо, потому что ключ принадлежит вашей учётной записи.',
  },
}
