/** What the editor of the texts for guests says. */
import type { Locale } from '../../../../sdk/src/wire.ts'

const en = {
  title: 'Guest texts',
  text: 'What guests read of a gallery that has ended, and of one that is not there.',
  names: { 'gallery-expired': 'Gallery has ended', 'gallery-not-found': 'No gallery there' },
  languages: { en: 'English', de: 'Deutsch', ru: 'Русский' },
  language: 'Language',
  markdown: 'Text (Markdown)',
  hint: 'Headings #, lists -, links [text](https://…). Tags are shown as text. The date is added below by itself.',
  preview: 'Preview',
  own: 'Your words',
  ours: 'Keepsake’s words',
  save: 'Save',
  saved: 'Saved. Guests read it from now on.',
  drop: 'Back to Keepsake’s words',
  unsaved: 'Not saved yet',
}
type Words = typeof en

const de: Words = {
  title: 'Texte für Gäste',
  text: 'Was Gäste über eine beendete Galerie lesen, und über eine, die es nicht gibt.',
  names: { 'gallery-expired': 'Galerie ist zu Ende', 'gallery-not-found': 'Keine Galerie da' },
  languages: { en: 'English', de: 'Deutsch', ru: 'Русский' },
  language: 'Sprache',
  markdown: 'Text (Markdown)',
  hint: 'Überschriften #, Listen -, Links [Text](https://…). Tags erscheinen als Text. Das Datum kommt von selbst darunter.',
  preview: 'Vorschau',
  own: 'Ihre Worte',
  ours: 'Worte von Keepsake',
  save: 'Speichern',
  saved: 'Gespeichert. Gäste lesen es ab jetzt.',
  drop: 'Zurück zu Keepsakes Worten',
  unsaved: 'Noch nicht gespeichert',
}

const ru: Words = {
  title: 'Тексты для гостей',
  text: 'Что гости читают о завершённой галерее и о той, которой нет.',
  names: { 'gallery-expired': 'Галерея закрыта', 'gallery-not-found': 'Галереи нет' },
  languages: { en: 'English', de: 'Deutsch', ru: 'Русский' },
  language: 'Язык',
  markdown: 'Текст (Markdown)',
  hint: 'Заголовки #, списки -, ссылки [текст](https://…). Теги показываются как текст. Дата добавляется ниже сама.',
  preview: 'Просмотр',
  own: 'Ваш текст',
  ours: 'Текст Keepsake',
  save: 'Сохранить',
  saved: 'Сохранено. Гости читают это с этого момента.',
  drop: 'Вернуть текст Keepsake',
  unsaved: 'Ещё не сохранено',
}

export const pagesWords: Record<Locale, Words> = { en, de, ru }
