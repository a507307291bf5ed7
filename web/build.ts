/** Builds the web programs into web/dist, and only when something they are made of has changed. */
import { createHash } from 'node:crypto'
import { globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'

const root = import.meta.dirname
const dist = join(root, 'dist')
// Made elsewhere and put in its place whole: a service that starts meanwhile finds all of the old or all of the new.
const draft = join(root, `node_modules/.making-${process.pid}`)
const began = performance.now()
const made = fingerprint()
if (made !== builtFrom()) {
  rmSync(draft, { recursive: true, force: true })
  // The pages of guests are written as React and run on Preact: a quarter of the bytes on a phone.
  await build('guest', 'guest/main.tsx', [
    { find: /^react$|^react-dom$/, replacement: 'preact/compat' },
    { find: 'react-dom/client', replacement: 'preact/compat/client' },
    { find: 'react/jsx-runtime', replacement: 'preact/jsx-runtime' },
  ])
  await first()
  await build('notice', 'guest/notice.ts', [])
  await build('studio', 'studio/main.tsx', [])
  pack()
  writeFileSync(join(draft, '.built'), made)
  place()
  process.stdout.write(`web: built in ${((performance.now() - began) / 1000).toFixed(1)} s\n`)
}

/** Packed once here and not at every request. */
function pack(): void {
  for (const file of globSync('assets/*.{js,css}', { cwd: draft })) {
    const bytes = readFileSync(join(draft, file))
    writeFileSync(join(draft, `${file}.br`), brotliCompressSync(bytes))
    writeFileSync(join(draft, `${file}.gz`), gzipSync(bytes, { level: 9 }))
  }
}

/** Of several that build at once the first one's files stay: pages that were read already ask for them. */
function place(): void {
  try {
    if (made !== builtFrom()) {
      rmSync(dist, { recursive: true, force: true })
      renameSync(draft, dist)
    }
  } catch (error) {
    if (made !== builtFrom()) throw error
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** One page with its program and styles; all pages have the head of page.html. */
async function build(
  name: 'guest' | 'notice' | 'studio',
  program: string,
  alias: { find: RegExp | string; replacement: string }[],
): Promise<void> {
  const vite = await import('vite')
  const entry = (html: string) => html.replace('<!-- program -->', `<script type="module" src="/src/${program}"></script>`)
  await vite.build({
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    resolve: { alias },
    plugins: [{ name: 'program', transformIndexHtml: { order: 'pre', handler: entry } }],
    build: {
      outDir: draft,
      emptyOutDir: false,
      target: 'es2022',
      // Nothing as a data: address, the content policy allows only files of our own.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        input: { [name]: join(root, 'page.html') },
        // Libraries mark files for servers that draw React; we have none.
        onLog: (level, log, hand) => log.code !== 'MODULE_LEVEL_DIRECTIVE' && hand(level, log),
      },
    },
  })
  renameSync(join(draft, 'page.html'), join(draft, `${name}.html`))
}

/** The script that runs before the program: no module, so that it is not kept until all of the page has been read. */
async function first(): Promise<void> {
  const vite = await import('vite')
  await vite.build({
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    build: {
      outDir: draft,
      emptyOutDir: false,
      target: 'es2022',
      modulePreload: false,
      rolldownOptions: { input: join(root, 'src/guest/first.ts'), output: { format: 'iife', entryFileNames: 'assets/[name]-[hash].js' } },
    },
  })
  const [file] = globSync('assets/first-*.js', { cwd: draft })
  const page = join(draft, 'guest.html')
  writeFileSync(
    page,
    readFileSync(page, 'utf8').replace('<div id="root"></div>', (root) => `${root}\n    <script src="/${file}"></script>`),
  )
}

function fingerprint(): string {
  const files = globSync(['src/**/*.{ts,tsx,css}', '*.html', 'build.ts', 'package.json'], { cwd: root })
  const hash = createHash('sha256')
  for (const file of files.filter((f) => !f.includes('.test.')).sort()) hash.update(`${file}\0`).update(readFileSync(join(root, file)))
  // A new version of a library makes new files as well.
  const find = createRequire(import.meta.url)
  const libraries = ['vite', 'react', 'preact', 'tus-js-client', 'lucide-react', '@tanstack/react-router', '@tanstack/react-query']
  for (const name of [...libraries, '@tanstack/react-table']) hash.update(readFileSync(find.resolve(`${name}/package.json`)))
  return hash.digest('hex')
}

function builtFrom(): string | null {
  try {
    return readFileSync(join(dist, '.built'), 'utf8')
  } catch {
    return null
  }
}
