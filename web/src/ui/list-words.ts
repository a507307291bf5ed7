/** What lists say on every page of the studio. */
import type { Locale } from '../../../sdk/src/wire.ts'

const en = {
  forbidden: 'You may not see this',
  forbiddenText: 'Ask whoever runs this Keepsake for the right to.',
  search: 'Search',
  noMatch: (text: string) => `Nothing matches “${text}”`,
  sortBy: 'Sort by',
  turnAround: 'Turn the order around',
  choose: 'Choose',
  chooseAll: 'Choose all on this page',
  chosen: (n: number) => `${n} chosen`,
  chooseNone: 'Choose none',
  nextPage: 'Next page',
  firstPage: 'To the beginning',
  showAll: 'Show all',
}
type Words = typeof en

const de: Words = {
  forbidden: 'Das dürfen Sie nicht sehen',
  forbiddenText: 'Bitten Sie den, der dieses Keepsake betreibt, um das Recht dazu.',
  search: 'Suchen',
  noMatch: (text) => `Nichts passt zu „${text}“`,
  sortBy: 'Sortieren nach',
  turnAround: 'Reihenfolge umkehren',
  choose: 'Auswählen',
  chooseAll: 'Alle auf dieser Seite auswählen',
  chosen: (n) => `${n} ausgewählt`,
  chooseNone: 'Auswahl aufheben',
  nextPage: 'Nächste Seite',
  firstPage: 'Zum Anfang',
  showAll: 'Alle zeigen',
}

const ru: Words = {
  forbidden: 'У вас нет доступа к этой странице',
  forbiddenText: 'Попросите доступ у того, кто управляет этим Keepsake.',
  search: 'Поиск',
  noMatch: (text) => `Ничего не найдено по запросу «${text}»`,
  sortBy: 'Сортировка',
  turnAround: 'Обратный порядок',
  choose: 'Выбрать',
  chooseAll: 'Выбрать все на этой странице',
  chosen: (n) => `Выбрано: ${n}`,
  chooseNone: 'Снять выбор',
  nextPage: 'Следующая страница',
  firstPage: 'В начало',
  showAll: 'Показать все',
}

export const listWords: Record<Locale, Words> = { en, de, ru }
