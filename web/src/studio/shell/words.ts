/** What the frame of the studio says. */
import type { Locale } from '../../../../sdk/src/wire.ts'

const en = {
  skip: 'Skip to the page',
  navigation: 'Pages',
  overview: 'Overview',
  galleries: 'Galleries',
  archives: 'Archives',
  rescue: 'Rescue',
  jobs: 'Jobs',
  webhooks: 'Webhooks',
  outbox: 'Outbox',
  pages: 'Guest texts',
  activity: 'Activity',
  settings: 'Settings',
  storage: 'Storage',
  signOut: 'Sign out',
  lostTitle: 'There is no page here',
  missingTitle: 'This page could not be loaded',
  brokenTitle: 'This page broke',
  broken: 'This is our fault, not yours. What was saved is safe.',
  toGalleries: 'To the galleries',
}
type Words = typeof en

const de: Words = {
  skip: 'Zum Inhalt springen',
  navigation: 'Seiten',
  overview: 'Übersicht',
  galleries: 'Galerien',
  archives: 'Archive',
  rescue: 'Rettung',
  jobs: 'Aufgaben',
  webhooks: 'Webhooks',
  outbox: 'Postausgang',
  pages: 'Texte für Gäste',
  activity: 'Verlauf',
  settings: 'Einstellungen',
  storage: 'Speicher',
  signOut: 'Abmelden',
  lostTitle: 'Hier ist keine Seite',
  missingTitle: 'Diese Seite konnte nicht geladen werden',
  brokenTitle: 'Diese Seite ist zerbrochen',
  broken: 'Das ist unser Fehler, nicht Ihrer. Was gespeichert war, ist sicher.',
  toGalleries: 'Zu den Galerien',
}

const ru: Words = {
  skip: 'Перейти к содержанию',
  navigation: 'Страницы',
  overview: 'Обзор',
  galleries: 'Галереи',
  archives: 'Архивы',
  rescue: 'Спасение',
  jobs: 'Задачи',
  webhooks: 'Вебхуки',
  outbox: 'Исходящие',
  pages: 'Тексты для гостей',
  activity: 'События',
  settings: 'Настройки',
  storage: 'Хранилище',
  signOut: 'Выйти',
  lostTitle: 'Здесь нет страницы',
  missingTitle: 'Не удалось загрузить страницу',
  brokenTitle: 'Страница сломалась',
  broken: 'Это наша ошибка. Всё, что было сохранено, в сохранности.',
  toGalleries: 'К галереям',
}

export const shellWords: Record<Locale, Words> = { en, de, ru }
