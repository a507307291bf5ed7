/** Faults put into the production code on purpose: each breaks one promise, and the simulator must see it. */

/** `find` stands in the file exactly once. */
export interface Patch {
  file: string
  find: string
  replace: string
}

export interface Mutant {
  name: string
  patches: Patch[]
}

const one = (name: string, file: string, find: string, replace: string): Mutant => ({ name, patches: [{ file, find, replace }] })

// biome-ignore lint/suspicious/noTemplateCurlyInString: source text
const key = '/${folder}/${version}-${fence}.zip`'
// biome-ignore lint/suspicious/noTemplateCurlyInString: source text
const keyOfVersion = '/${folder}/${version}.zip`'

// "Hash of ids over mutable files" has no place to be: an asset's bytes, id and key never change, and what is sent anew gets new
// ones (`healLost` in uploads/finish.ts). What could go wrong there is a content that changes without being noticed.
export const mutants: Mutant[] = [
  one(
    'no verification',
    'src/features/archives/verify.ts',
    'const { problems, checksum } = await prove(deps, archive, job.signal)',
    "const { problems, checksum } = { problems: [] as Problem[], checksum: archive.checksum ?? '' }; void prove",
  ),
  one(
    'verify only what was written',
    'src/features/archives/prove.ts',
    'problems: found.sha256 === checksum ? problems',
    'problems: found.sha256 === checksum ? [] : false ? problems',
  ),
  one('no fsync', 'src/ports/storage/memory.ts', 'options.sync ?? true', 'false'),
  one('a change asks for no fence', 'src/data/archives.ts', ".where('fence', '=', held.fence)", ''),
  one('a claim raises no fence', 'src/data/archives.ts', 'const fence = before.fence + 1', 'const fence = before.fence'),
  one('one key for all versions', 'src/domain/archive.ts', key, '/archives/archive.zip`; void folder'),
  one('one key for all attempts', 'src/domain/archive.ts', key, keyOfVersion),
  one(
    'missing files are skipped in silence',
    'src/domain/plan.ts',
    "asset.state === 'missing').map(({ asset, path }) => ({ assetId",
    "asset.state === 'deleted').map(({ asset, path }) => ({ assetId",
  ),
  {
    name: 'the job is sent after the transaction',
    patches: [
      {
        file: 'src/features/archives/build.ts',
        find: "    await deps.queue.send(tx, ...workOn('archive.verify', archive))\n  })",
        replace: "  })\n  await deps.queue.send(deps.db, { name: 'archive.verify', payload: { archiveId: archive.id } })",
      },
    ],
  },
  {
    name: 'the job is sent before the transaction',
    patches: [
      {
        file: 'src/features/archives/build.ts',
        find: "    await deps.queue.send(tx, ...workOn('archive.verify', archive))\n  })",
        replace: '  })',
      },
      {
        file: 'src/features/archives/build.ts',
        find: 'async function handOn(deps: Needs, archive: Archive, stored: Assembled): Promise<void> {',
        replace:
          "async function handOn(deps: Needs, archive: Archive, stored: Assembled): Promise<void> {\n  await deps.queue.send(deps.db, { name: 'archive.verify', payload: { archiveId: archive.id } })",
      },
    ],
  },
  one(
    'an upload ends in a closed gallery',
    'src/features/uploads/finish.ts',
    'return takesUploads(stateAt(gallery, now)) ? gallery : null',
    'return gallery',
  ),
  one(
    'a content is how many, not which',
    'src/domain/plan.ts',
    "assetIds.length ? hashText([...assetIds].sort().join(','))",
    'assetIds.length ? hashText(String(assetIds.length))',
  ),
  one(
    'what is needed is collected',
    'src/features/operations/collect.ts',
    'if (await isNeeded(deps.db, key)) {',
    'if (isNeeded === undefined) {',
  ),
  one(
    'a gallery is sealed without a second look',
    'src/features/archives/seal.ts',
    "if (gallery.state !== 'archiving' || !same || living.some(({ state }) => state !== 'stored'))",
    'if (same === undefined)',
  ),
  one(
    'a gallery is archived before its archive is',
    'src/features/archives/retire.ts',
    "{ state: 'archiving', archiveError: null }",
    "{ state: 'archived', archivedAt: deps.clock.now(), finalArchiveId: archive.id, archiveError: null }",
  ),
  one(
    'originals are purged without a look at their archive',
    'src/features/archives/purge.ts',
    'if (!(await isSound(deps, archive, signal))) return takeBack(deps, galleryId, archive)',
    'if (isSound === undefined) return takeBack(deps, galleryId, archive)',
  ),
  one(
    'originals go before their archive is sealed',
    'src/features/archives/retire.ts',
    "    await changeGallery(tx, gallery.id, { state: 'archiving', archiveError: null })",
    "    await changeGallery(tx, gallery.id, { state: 'archiving', archiveError: null })\n    for (const { storageKey } of await listStored(tx, gallery.id)) await deps.storage.delete(storageKey)",
  ),
  one(
    'what is purged is what lies there, not what was sealed',
    'src/features/archives/purge.ts',
    '    const keys = await takePurges(tx, galleryId, now, some)',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
    '    const keys = await takePurges(tx, galleryId, now, some)\n    for await (const { key } of deps.storage.list(`galleries/${galleryId}/`)) await deps.storage.delete(key)',
  ),
  one(
    'a restore drops the archive',
    'src/features/archives/restore.ts',
    "    await changeGallery(tx, galleryId, { state: 'active', expiresAt, archivedAt: null, hydrating: true, archiveError })",
    "    await changeGallery(tx, galleryId, { state: 'active', expiresAt, archivedAt: null, hydrating: true, archiveError })\n    await deps.storage.delete(archive.storageKey!)",
  ),
  one(
    'what is restored is not verified',
    'src/features/archives/hydrate.ts',
    'if (asset.oldKey && (await hasBytes(deps, asset.oldKey, asset, signal))) {',
    'if (asset.oldKey) {',
  ),
  {
    name: 'the row of an upload before its bytes',
    patches: [
      {
        file: 'src/features/uploads/finish.ts',
        find: 'if (!known) await storage.finishUpload(upload, key, held)',
        replace: '',
      },
      {
        file: 'src/features/uploads/finish.ts',
        find: "if (outcome === 'duplicate') await storage.dropUpload(upload)",
        replace: "if (outcome === 'duplicate') await storage.dropUpload(upload)\n  else await storage.finishUpload(upload, key, held)",
      },
    ],
  },
]
