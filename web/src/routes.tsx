/** The map of the studio: path to page, each loaded when needed. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { Fallen, Missing } from './studio/Fallen.tsx'
import { Frame, Lost } from './studio/Frame.tsx'
import { Inside, Shell } from './studio/Shell.tsx'
import { readSearch, writeSearch } from './ui/search.ts'

const root = createRootRoute({ component: Shell, notFoundComponent: Lost })
/** Pages for those who are signed in, inside the frame. */
const inside = createRoute({ getParentRoute: () => root, id: 'inside', component: Inside, notFoundComponent: Lost })

const routeTree = root.addChildren([
  createRoute({
    getParentRoute: () => root,
    path: '/setup',
    component: later(() => import('./studio/SetUpPage.tsx')),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/setup/checks',
    component: later(() => import('./studio/door/ChecksPage.tsx')),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/invite/$token',
    component: later(() => import('./studio/door/InvitePage.tsx')),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/sign-in',
    component: later(() => import('./studio/SignInPage.tsx')),
  }),
  inside.addChildren([
    page('/', () => import('./studio/overview/OverviewPage.tsx')),
    page('/galleries', () => import('./studio/galleries/GalleriesPage.tsx')),
    page('/galleries/$slug', () => import('./studio/GalleryPage.tsx')),
    page('/archives', () => import('./studio/archives/ArchivesPage.tsx')),
    page('/archives/$slug', () => import('./studio/archives/ArchivePage.tsx')),
    page('/rescue', () => import('./studio/rescue/RescuePage.tsx')),
    page('/jobs', () => import('./studio/jobs/JobsPage.tsx')),
    page('/webhooks', () => import('./studio/webhooks/WebhooksPage.tsx')),
    page('/webhooks/$id', () => import('./studio/webhooks/WebhookPage.tsx')),
    page('/outbox', () => import('./studio/OutboxPage.tsx')),
    page('/pages', () => import('./studio/pages/PagesPage.tsx')),
    page('/activity', () => import('./studio/activity/ActivityPage.tsx')),
    page('/settings', () => import('./studio/settings/AccountPage.tsx')),
    page('/settings/watermark', () => import('./studio/watermark/WatermarkPage.tsx')),
    page('/settings/keys', () => import('./studio/settings/KeysPage.tsx')),
    page('/settings/people', () => import('./studio/settings/PeoplePage.tsx')),
    page('/settings/installation', () => import('./studio/settings/InstallationPage.tsx')),
    page('/settings/health', () => import('./studio/settings/HealthPage.tsx')),
  ]),
])

function page<const Path extends string>(path: Path, load: Load) {
  return createRoute({ getParentRoute: () => inside, path, component: later(load) })
}

/** Of what cannot be had the router would load the whole program anew, and an upload with it: we say so instead. */
function later(load: Load) {
  let tries = 0
  const piece = () =>
    load().catch((cause: unknown) => {
      throw new Missing(++tries, cause)
    })
  return lazyRouteComponent(piece, 'Page')
}
type Load = () => Promise<{ Page: () => React.ReactNode }>

export const makeRouter = () =>
  createRouter({
    routeTree,
    scrollRestoration: true,
    parseSearch: readSearch,
    stringifySearch: writeSearch,
    defaultPendingComponent: Frame,
    defaultErrorComponent: Fallen,
    defaultPendingMs: 300,
    // A page of another path begins anew, with nothing of the last one.
    defaultRemountDeps: ({ params }) => params,
  })

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>
  }
}
