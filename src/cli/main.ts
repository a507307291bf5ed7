/** keepsake: the command line. Exit 0 done, 1 failed, 2 wrong usage, 3 done in part. */
import { AppError } from '../base/errors.ts'
import { type Output, UsageError } from './output.ts'

const help = `keepsake: delivers photo galleries as one verified ZIP behind a lasting link

  keepsake serve [--role all|web|worker]
        the service: pages, API and worker (npm start is the same)
  keepsake deliver <folder> [--title T] [--slug S] [--to a@b.c]... [--expires 30d]
        the main job in one go: gallery from a folder, publish, build, verify, letters
  keepsake get <link> [--out dir] [--jobs 4]
        fetches an archive: goes on where it stopped, proves every photo, fetches damaged ones again
  keepsake import <folder> --gallery <slug>
        more files into a gallery
  keepsake import <gallery.zip> [--gallery slug]
        the photos of a ZIP, ours (then with what guests said) or anybody's; the same again brings nothing new
  keepsake import --from-store
        the database is lost and the store is left: galleries come back from their archives and originals
  keepsake import --prefix albums/<slug>/photos/ [--gallery slug] [--copy]
        a gallery of photos that lie in the bucket already: read there, copied only with --copy
  keepsake gallery list | show <slug> | publish <slug> | retire <slug> | delete <slug>
  keepsake gallery restore <slug> [--archive id] [--salvage] [--dry-run]
        brings an archived gallery back; from another version; or, of a damaged archive, what is whole
  keepsake gallery feedback <slug> [--format csv|json|summary|list|txt|xmp]
        what guests said, to stdout: every row, a line a photo, favourites for Lightroom's filter, a ZIP of XMP sidecars
  keepsake client list <gallery> | add <gallery> <email> | change <gallery> <email> | remove <gallery> <email> | link <gallery> <email>
        [--name N] [--permission view|download] [--for 30d|ever]: who gets the letters, what they may do, their own link
  keepsake archive verify <file.zip or .tar> | list <gallery slug> | resend <gallery slug> <email>
        verify works offline, without database, on any ZIP
  keepsake rescue add <url, file.csv or file.json>... [--provider P] | run [--track id] [--limit 50] | status
        tracks that a provider will delete: they come in, are saved at once, and how many days are left; [--user a@b.c]
  keepsake user create --email a@b.c --name N [--admin] [--password P]
  keepsake key create --name N [--scopes galleries:read,galleries:write] [--user a@b.c] | list | revoke <id>
  keepsake reconcile [--repair]
        store and database held against each other: what has no row, what has no bytes; nothing is changed without --repair
  keepsake storage setup [--dry-run] [--tiering]
        tells the bucket its CORS, lifecycle and events; leaves every rule alone that is not called keepsake-…
  keepsake doctor [--trust-clock]
        looks at configuration, database, storage, bucket, disk, mail, clock, queue and maintenance

Every command takes --json. Configuration comes from the environment: see .env.example.
`

type Command = (args: string[], out: Output) => Promise<number>

// each is loaded when it is called: fetching a ZIP needs neither web server nor database
const commands: Record<string, () => Promise<Command>> = {
  serve: async () => (await import('./serve.ts')).serveCommand,
  deliver: async () => (await import('./deliver.ts')).deliverCommand,
  get: async () => (await import('./get.ts')).getCommand,
  import: async () => (await import('./import.ts')).importCommand,
  gallery: async () => (await import('./gallery.ts')).galleryCommand,
  client: async () => (await import('./client.ts')).clientCommand,
  archive: async () => (await import('./archive.ts')).archiveCommand,
  doctor: async () => (await import('./doctor.ts')).doctorCommand,
  reconcile: async () => (await import('./reconcile.ts')).reconcileCommand,
  storage: async () => (await import('./storage.ts')).storageCommand,
  user: async () => (await import('./user.ts')).userCommand,
  key: async () => (await import('./key.ts')).keyCommand,
  rescue: async () => (await import('./rescue.ts')).rescueCommand,
}

const [name, ...rest] = process.argv.slice(2)
const json = rest.includes('--json')
const args = rest.filter((a) => a !== '--json')
const out: Output = {
  json,
  say: (text) => void (json || process.stdout.write(`${text}\n`)),
  result: (value) => void (json && process.stdout.write(`${JSON.stringify(value)}\n`)),
  note: (text) => void process.stderr.write(`${text}\n`),
}

async function run(): Promise<number> {
  const command = name && Object.hasOwn(commands, name) && commands[name]
  if (!command) {
    process[!name || name === 'help' || name === '--help' ? 'stdout' : 'stderr'].write(
      name && !/help/.test(name) ? `Unknown command: ${name}\n\n${help}` : help,
    )
    return name && !/help/.test(name) ? 2 : 0
  }
  if (args.includes('--help')) {
    process.stdout.write(help)
    return 0
  }
  try {
    return await (await command())(args, out)
  } catch (error) {
    if (error instanceof UsageError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')) {
      out.note(`${(error as Error).message}\n\n${help}`)
      return 2
    }
    const known = error instanceof AppError
    if (json)
      out.result({
        error: known ? { code: error.code, message: error.message, facts: error.facts } : { code: 'internal', message: String(error) },
      })
    out.note(known ? `${error.message} (${error.code}${facts(error)})` : `Unexpected: ${(error as Error).stack ?? error}`)
    return 1
  }
}

const facts = (error: AppError) =>
  Object.entries(error.facts)
    .map(([k, v]) => `, ${k}: ${String(v)}`)
    .join('')

// a reader that has seen enough (head, less) is no failure
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })

process.exitCode = await run()
