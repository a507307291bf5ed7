/** To whoever has an account: a passkey opens it from now on, or one was refused because there seems to be a copy of it. */
import type { Composed } from './blocks.ts'
import { type Catalog, formatMoment, type Locale, longestTitle, oneLine, shared } from './words.ts'

export interface PasskeyNews {
  /** as it was called by who made it */
  name: string
  at: Date
  /** where it can be removed */
  link: string
  timeZone?: string
}

export const passkeyAdded = (data: PasskeyNews, locale: Locale): Composed => compose(data, locale, catalog[locale].added)
export const passkeyCopied = (data: PasskeyNews, locale: Locale): Composed => compose(data, locale, catalog[locale].copied)

function compose(data: PasskeyNews, locale: Locale, news: News): Composed {
  const words = catalog[locale]
  const name = oneLine(data.name, longestTitle)
  return {
    subject: news.subject(name),
    preheader: news.text,
    blocks: [
      { heading: news.heading },
      { text: news.text },
      {
        facts: [
          [words.nameLabel, name],
          [news.atLabel, formatMoment(data.at, locale, data.timeZone)],
        ],
      },
      { text: news.advice },
      { button: words.open, link: data.link, or: shared[locale].orLink },
      { small: words.why },
    ],
  }
}

interface News {
  subject(name: string): string
  heading: string
  text: string
  atLabel: string
  advice: string
}

interface Words {
  added: News
  copied: News
  nameLabel: string
  open: string
  why: string
}

const catalog: Catalog<Words> = {
  en: {
    added: {
      subject: (name) => `A passkey was added: ${name}`,
      heading: 'A passkey was added',
      text: 'From now on it opens your account by itself, without password and code.',
      atLabel: 'Added',
      advice: 'If that was not you, remove it in the settings and change your password.',
    },
    copied: {
      subject: (name) => `A passkey was refused: ${name}`,
      heading: 'A passkey was refused',
      text: 'It counts how often it is used, and it has counted backwards. A copy of it would do that.',
      atLabel: 'Refused',
      advice: 'Remove it in the settings and add a new one. Until then whoever holds the other copy may come in.',
    },
    nameLabel: 'Name',
    open: 'Open the settings',
    why: 'You get this letter because the passkey belongs to your account.',
  },
  de: {
    added: {
      subject: (name) => `Ein Passkey wurde hinzugefügt: ${name}`,
      heading: 'Ein Passkey wurde hinzugefügt',
      text: 'Er öffnet ab jetzt Ihr Konto allein, ohne Passwort und Code.',
      atLabel: 'Hinzugefügt',
      advice: 'Wenn Sie das nicht waren, entfernen Sie ihn in den Einstellungen und ändern Sie Ihr Passwort.',
    },
    copied: {
      subject: (name) => `Ein Passkey wurde abgelehnt: ${name}`,
      heading: 'Ein Passkey wurde abgelehnt',
      text: 'Er zählt, wie oft er benutzt wird, und hat rückwärts gezählt. Eine Kopie von ihm täte das.',
      atLabel: 'Abgelehnt',
      advice:
        'Entfernen Sie ihn in den Einstellungen und legen Sie einen neuen an. Bis dahin kommt vielleicht herein, wer die andere Kopie hat.',
    },
    nameLabel: 'Name',
    open: 'Einstellungen öffnen',
    why: 'Sie erhalten diesen Brief, weil der Passkey zu Ihrem Konto gehört.',
  },
  ru: {
    added: {
      subject: (name) => `Добавлен ключ доступа: ${name}`,
      heading: 'Добавлен ключ доступа',
      text: 'Теперь он один открывает вашу учётную запись, без пароля и кода.',
      atLabel: 'Добавлен',
      advice: 'Если это были не вы, удалите его в настройках и смените пароль.',
    },
    copied: {
      subject: (name) => `Ключ доступа отклонён: ${name}`,
      heading: 'Ключ доступа отклонён',
      text: 'Он считает, сколько раз им пользовались, и счёт пошёл назад. Так бывает, если есть его копия.',
      atLabel: 'Отклонён',
      advice: 'Удалите его в настройках и добавьте новый. До тех пор может войти тот, у кого другая копия.',
    },
    nameLabel: 'Название',
    open: 'Открыть настройки',
    why: 'Вы получили это письмо, потому что ключ доступа принадлежит вашей учётной записи.',
  },
}
