/** On pages that the server has drawn whole: follows what is being packed, by its events or else by asking. */
import '../ui/look.css'
import './plate.css'

let timer: ReturnType<typeof setTimeout> | undefined
let stream: EventSource | undefined

watch()

function watch(): void {
  stream?.close()
  clearTimeout(timer)
  const live = document.querySelector<HTMLElement>('[data-live]')
  if (!live) return
  if (live.dataset.live === 'ask') {
    poll()
    return
  }
  const source = new EventSource(`${location.pathname}/progress`)
  stream = source
  // the first word comes at once; a proxy that collects the stream lets nothing through
  timer = setTimeout(poll, 4000)
  source.addEventListener('progress', () => {
    clearTimeout(timer)
    void draw()
  })
  source.addEventListener('error', () => source.readyState === EventSource.CLOSED && poll())
}

function poll(): void {
  stream?.close()
  clearTimeout(timer)
  timer = setTimeout(
    async () => {
      await draw().catch(() => {})
      if (document.querySelector('[data-live]')) poll()
    },
    document.hidden ? 15_000 : 2000,
  )
}

/** Shows what the server says now: all of it when the state is another one, so that nobody loses the focus meanwhile. */
async function draw(): Promise<void> {
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } })
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector<HTMLElement>('main')
  const now = document.querySelector<HTMLElement>('main')
  if (!next || !now) return
  if (next.dataset.state !== now.dataset.state) {
    now.replaceWith(next)
    return watch()
  }
  const live = next.querySelector('[data-live]')
  if (live) now.querySelector('[data-live]')?.replaceWith(live)
}
