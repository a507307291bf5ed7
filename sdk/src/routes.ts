/** Every route of the API that the SDK calls; a test holds each of them against the served OpenAPI document. */

export const routes = {
  createGallery: 'POST /api/galleries',
  findGallery: 'GET /api/galleries/{id}',
  publish: 'POST /api/galleries/{id}/publish',
  archiveStatus: 'GET /api/galleries/{id}/archive',
  askArchive: 'POST /api/galleries/{id}/archive',
  listArchives: 'GET /api/galleries/{id}/archives',
  progress: 'GET /api/galleries/{id}/progress',
  download: 'GET /api/galleries/{id}/download',
  listClients: 'GET /api/galleries/{id}/clients',
  addClient: 'POST /api/galleries/{id}/clients',
  removeClient: 'DELETE /api/galleries/{id}/clients/{client}',
  addTracks: 'POST /api/tracks',
  runRescue: 'POST /api/rescue/run',
  rescueStatistics: 'GET /api/rescue/statistics',
  resend: 'POST /api/archives/{id}/resend',
  beginUpload: 'POST /api/uploads',
  sendUpload: 'PATCH /api/uploads/{id}',
  standingOfUpload: 'HEAD /api/uploads/{id}',
} as const

/** A route, as OpenAPI writes it. */
export type Route = (typeof routes)[keyof typeof routes]

/** Method and path of a route with its names filled in. */
export function fill(route: Route, names: Record<string, string> = {}): { method: string; path: string } {
  const [method, path] = route.split(' ') as [string, string]
  return { method, path: path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name]!)) }
}
