/** What the page of failed work says. */
import type { Locale } from '../../../../sdk/src/wire.ts'
import { plural } from '../../ui/format.ts'

const en = {
  title: 'Jobs',
  text: 'Work that has failed and waits for you. What goes well never shows here.',
  none: 'Nothing has failed',
  noneText: 'Archives, letters, exports and messages come here when they do not come to their end by themselves.',
  what: 'What',
  reason: 'Why',
  when: 'When',
  kind: 'Kind',
  all: 'All kinds',
  kinds: { archive: 'Archive', export: 'Export', letter: 'Letter', webhook: 'Webhook message', import: 'Import' },
  subjects: { delivery: 'ZIP for clients', final: 'Final archive', user: 'asked for by you', guest: 'asked for by a guest' } as Record<
    string,
    string
  >,
  tries: (n: number) => plural('en', n, { one: '# try', other: '# tries' }),
  retry: 'Retry',
  retryAll: 'Retry all',
  off: 'The webhook is switched off',
  retried: (n: number) => plural('en', n, { one: '# job is tried again.', other: '# jobs are tried again.' }),
  refused: (n: number) => plural('en', n, { one: '# cannot be tried again:', other: '# cannot be tried again:' }),
  noReason: 'No reason was noted.',
}
type Words = typeof en

const de: Words = {
  title: 'Aufgaben',
  text: 'Arbeit, die fehlgeschlagen ist und auf Sie wartet. Was gut geht, steht hier nie.',
  none: 'Nichts ist fehlgeschlagen',
  noneText: 'Archive, Briefe, Exporte und Nachrichten stehen hier, wenn sie nicht von selbst zu Ende kommen.',
  what: 'Was',
  reason: 'Warum',
  when: 'Wann',
  kind: 'Art',
  all: 'Alle Arten',
  kinds: { archive: 'Archiv', export: 'Export', letter: 'Brief', webhook: 'Webhook-Nachricht', import: 'Import' },
  subjects: { delivery: 'ZIP für Kunden', final: 'Endgültiges Archiv', user: 'von Ihnen gewünscht', guest: 'von einem Gast gewünscht' },
  tries: (n) => plural('de', n, { one: '# Versuch', other: '# Versuche' }),
  retry: 'Noch einmal',
  retryAll: 'Alle noch einmal',
  off: 'Der Webhook ist ausgeschaltet',
  retried: (n) => plural('de', n, { one: '# Aufgabe wird noch einmal versucht.', other: '# Aufgaben werden noch einmal versucht.' }),
  refused: (n) =>
    plural('de', n, { one: '# lässt sich nicht noch einmal versuchen:', other: '# lassen sich nicht noch einmal versuchen:' }),
  noReason: 'Es wurde kein Grund notiert.',
}

const ru: Words = {
  title: 'Задачи',
  text: 'Работа, которая не удалась и ждёт вас. То, что прошло хорошо, сюда не попадает.',
  none: 'Сбоев нет',
  noneText: 'Архивы, письма, выгрузки и сообщения появляются здесь, если не завершились сами.',
  what: 'Что',
  reason: 'Почему',
  when: 'Когда',
  kind: 'Вид',
  all: 'Все виды',
  kinds: { archive: 'Архив', export: 'Выгрузка', letter: 'Письмо', webhook: 'Сообщение вебхука', import: 'Импорт' },
  subjects: { delivery: 'ZIP для клиентов', final: 'Окончательный архив', user: 'по вашей просьбе', guest: 'по просьбе гостя' },
  tries: (n) => plural('ru', n, { one: '# попытка', few: '# попытки', many: '# попыток' }),
  retry: 'Повторить',
  retryAll: 'Повторить все',
  off: 'Вебхук выключен',
  retried: (n) => plural('ru', n, { one: '# задача повторяется.', few: '# задачи повторяются.', many: '# задач повторяется.' }),
  refused: (n) => plural('ru', n, { one: '# не удаётся повторить:', few: '# не удаётся повторить:', many: '# не удаётся повторить:' }),
  noReason: 'Причина не записана.',
}

export const jobsWords: Record<Locale, Words> = { en, de, ru }
