/** The map of the studio: path to page, each loaded when needed. */
import { route } from './ui/router.tsx'

export const routes = [
  route('/setup', () => import('./studio/SetUpPage.tsx')),
  route('/sign-in', () => import('./studio/SignInPage.tsx')),
  route('/', () => import('./studio/GalleriesPage.tsx')),
  route('/galleries/:slug', () => import('./studio/GalleryPage.tsx')),
  route('/outbox', () => import('./studio/OutboxPage.tsx')),
]
