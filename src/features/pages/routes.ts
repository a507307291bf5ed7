/** Routes of the pages that an installation may write itself; for its admins. */
import { z } from 'zod'
import type { EditablePage, PreviewedPage } from '../../../sdk/src/wire.ts'
import { dropPage, findPage, keepPage } from '../../data/pages.ts'
import type { Locale } from '../../domain/gallery.ts'
import { defaultPages, longestPage, type PageName, pageNames } from '../../domain/pages.ts'
import type { App } from '../../http/app.ts'
import type { Guard } from '../../http/guard.ts'
import { renderMarkdown } from '../../http/markdown.ts'
import type { Deps } from '../../ports/deps.ts'

const params = z.object({ name: z.enum(pageNames), locale: z.enum(['en', 'de', 'ru']) })
const body = z.strictObject({
  markdown: z
    .string()
    .trim()
    .min(1)
    .max(longestPage)
    .refine((text) => !text.includes('\0'), 'holds a NUL'),
})

export function pageRoutes(app: App, deps: Deps, guard: Guard): void {
  app.get('/api/pages/:name/:locale', { schema: { params } }, async (request): Promise<EditablePage> => {
    await guard.admin(request)
    return view(request.params.name, request.params.locale)
  })

  app.post('/api/pages/preview', { schema: { body } }, async (request): Promise<PreviewedPage> => {
    await guard.admin(request)
    return { html: renderMarkdown(request.body.markdown) }
  })

  app.put('/api/pages/:name/:locale', { schema: { params, body } }, async (request): Promise<EditablePage> => {
    const { userId } = await guard.admin(request)
    const { name, locale } = request.params
    await keepPage(deps.db, { name, locale, markdown: request.body.markdown, updatedBy: userId, updatedAt: deps.clock.now() })
    return view(name, locale)
  })

  app.delete('/api/pages/:name/:locale', { schema: { params } }, async (request, reply) => {
    await guard.admin(request)
    await dropPage(deps.db, request.params.name, request.params.locale)
    return reply.code(204).send()
  })

  async function view(name: PageName, locale: Locale): Promise<EditablePage> {
    const own = await findPage(deps.db, name, locale)
    const markdown = own?.markdown ?? defaultPages[name][locale]
    return {
      name,
      locale,
      markdown,
      html: renderMarkdown(markdown),
      own: own !== undefined,
      updated_at: own?.updatedAt.toISOString() ?? null,
    }
  }
}
