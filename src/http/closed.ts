/** The pages in place of a gallery that has ended, or is not there (any more): in the installation's own words, or in ours. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError, isCode } from '../base/errors.ts'
import { findGalleryOfAnyState } from '../data/galleries.ts'
import { findPage } from '../data/pages.ts'
import type { Gallery, Locale } from '../domain/gallery.ts'
import { formatMoment } from '../domain/letters/words.ts'
import { defaultPages, type PageName } from '../domain/pages.ts'
import type { Deps } from '../ports/deps.ts'
import { idOrSlug } from './app.ts'
import type { Guard } from './guard.ts'
import { renderMarkdown, titleOf } from './markdown.ts'
import { answerNotice, speaks } from './notice.ts'

type Needs = Pick<Deps, 'db' | 'clock'>

/**
 * Answers who asks for the page of this gallery and finds it closed; false when there is something to show, a password to ask
 * for, or another reason that the page itself tells. What is archived answers like what never was.
 */
export async function answerIfClosed(
  deps: Needs,
  guard: Guard,
  request: FastifyRequest,
  reply: FastifyReply,
  slug: string,
): Promise<boolean> {
  try {
    if (!idOrSlug.safeParse(slug).success) throw new AppError('not_found')
    await guard.published(request, slug)
    return false
  } catch (error) {
    if (isCode(error, 'gallery_closed')) await answerExpired(deps, reply, await findGalleryOfAnyState(deps.db, String(error.facts.gallery)))
    else if (isCode(error, 'not_found')) await answerNotFound(deps, request, reply)
    else return false
    return true
  }
}

async function answerExpired(deps: Needs, reply: FastifyReply, gallery: Gallery | undefined): Promise<void> {
  const locale = gallery?.locale ?? 'en'
  // one that is archived before its date has ended by hand, and its date says nothing
  const ended = gallery?.expiresAt && gallery.expiresAt <= deps.clock.now() ? gallery.expiresAt : null
  const when = ended ? open[locale](formatMoment(ended, locale)) : undefined
  answerNotice(reply, 410, locale, { ...(await pageOf(deps, 'gallery-expired', locale)), icon: 'clock', when })
}

/** The same for everybody and every address: nobody learns here what there has been. */
export async function answerNotFound(deps: Pick<Deps, 'db'>, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const locale = speaks(request, undefined)
  answerNotice(reply, 404, locale, { ...(await pageOf(deps, 'gallery-not-found', locale)), icon: 'none', action: { label: again[locale] } })
}

async function pageOf({ db }: Pick<Deps, 'db'>, name: PageName, locale: Locale): Promise<{ title: string; html: string }> {
  const markdown = (await findPage(db, name, locale))?.markdown ?? defaultPages[name][locale]
  return { title: titleOf(markdown) || titleOf(defaultPages[name][locale])!, html: renderMarkdown(markdown) }
}

const open: Record<Locale, (ended: string) => string> = {
  en: (ended) => `It was open until ${ended}.`,
  de: (ended) => `Sie war offen bis zum ${ended}.`,
  ru: (ended) => `Она была открыта до: ${ended}.`,
}

/** Sends a form to the page's own address: features/galleries/ask-restore.ts. */
const again: Record<Locale, string> = {
  en: 'Ask for this gallery to be opened again',
  de: 'Darum bitten, sie wieder zu öffnen',
  ru: 'Попросить снова открыть галерею',
}
