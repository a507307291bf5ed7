/** All archived galleries with their totals: download, restore, look inside, delete. */
import { Link, useNavigate } from '@tanstack/react-router'
import { Archive, CircleCheck, Download, FolderOpen, RotateCcw, Trash2 } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import { type ArchivedGallery, zipOf } from '../../api.ts'
import { type Column, List, SearchField } from '../../ui/List.tsx'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { useListState } from '../../ui/list-state.ts'
import { Menu } from '../../ui/Menu.tsx'
import { useWords } from '../words.tsx'
import { DeleteDialog } from './DeleteDialog.tsx'
import { useArchived } from './questions.ts'
import { RestoreDialog } from './RestoreDialog.tsx'
import { RestoreManyDialog } from './RestoreManyDialog.tsx'
import { archivesWords } from './words.ts'

export function Page() {
  const words = useWordsOf(archivesWords)
  const { fmt } = useLanguage()
  const navigate = useNavigate()
  const state = useListState({ sort: 'archived_at', order: 'desc', filters: ['type'] })
  const kind = state.filter('type')
  const { eventType, eventTypes } = useWords()
  const answer = useArchived(state.query)
  const [opened, open] = useState<{ what: 'restore' | 'delete'; archive: ArchivedGallery } | null>(null)
  const [many, openMany] = useState<{ archives: ArchivedGallery[]; done: () => void } | null>(null)
  useEffect(() => {
    document.title = `${words.title} – Keepsake`
  }, [words])
  const columns = useMemo<Column<ArchivedGallery>[]>(
    () => [
      {
        id: 'title',
        title: words.gallery,
        sorts: true,
        main: true,
        width: 'minmax(180px, 2fr)',
        cell: (row) => (
          <span className="two-lines">
            <Link to="/archives/$slug" params={{ slug: row.slug }} className="row-link serif">
              {row.title}
            </Link>
            {row.event_type && <span className="meta">{row.event_type}</span>}
          </span>
        ),
      },
      {
        id: 'state',
        title: '',
        width: '122px',
        cell: () => (
          <span className="badge ok">
            <CircleCheck size={14} aria-hidden="true" />
            {words.verified}
          </span>
        ),
      },
      {
        id: 'event_date',
        title: words.eventDate,
        sorts: true,
        width: '110px',
        wide: true,
        cell: (row) => (row.event_date ? fmt.shortDay(row.event_date) : '–'),
      },
      { id: 'archived_at', title: words.archivedAt, sorts: true, width: '110px', cell: (row) => fmt.shortDay(row.archived_at) },
      { id: 'photos', title: words.photos, number: true, width: '70px', cell: (row) => fmt.number(row.photos) },
      { id: 'size', title: words.size, sorts: true, number: true, width: '80px', cell: (row) => fmt.bytes(row.bytes) },
      {
        id: 'actions',
        title: '',
        actions: true,
        width: '330px',
        cell: (row) => (
          <>
            <a className="button bare" href={zipOf(row)} download>
              <Download size={16} aria-hidden="true" />
              {words.download}
            </a>
            <button type="button" className="button bare" onClick={() => open({ what: 'restore', archive: row })}>
              <RotateCcw size={16} aria-hidden="true" />
              {words.restore}
            </button>
            <Menu
              label={words.more(row.title)}
              choices={[
                {
                  name: words.lookInside,
                  icon: <FolderOpen size={16} aria-hidden="true" />,
                  pick: () => void navigate({ to: '/archives/$slug', params: { slug: row.slug } }),
                },
                {
                  name: words.delete,
                  icon: <Trash2 size={16} aria-hidden="true" />,
                  danger: true,
                  pick: () => open({ what: 'delete', archive: row }),
                },
              ]}
            />
          </>
        ),
      },
    ],
    [words, fmt, navigate],
  )
  const totals = answer.data?.totals
  return (
    <main className="page">
      <header className="page-head">
        <div>
          <h1>{words.title}</h1>
          {!!totals?.galleries && (
            <p className="meta">
              {words.totals(totals.galleries)} · {words.totalPhotos(totals.photos)} · {fmt.bytes(totals.bytes)}
            </p>
          )}
        </div>
      </header>
      <List
        label={words.title}
        answer={answer}
        columns={columns}
        id={(row) => row.id}
        name={(row) => row.title}
        chosen={(rows, none) => (
          <button type="button" className="button" onClick={() => openMany({ archives: rows, done: none })}>
            <RotateCcw size={16} aria-hidden="true" />
            {words.restoreSelected}
          </button>
        )}
        state={state}
        search={words.search}
        filters={
          // kinds are whatever their photographer has written: those are found that begin so
          (kind !== '' || !!totals?.galleries) && <SearchField label={eventType} state={state} name="type" offers={eventTypes} />
        }
        empty={
          kind
            ? { icon: <Archive size={28} aria-hidden="true" />, title: words.noneOfKind(kind) }
            : {
                icon: <Archive size={28} aria-hidden="true" />,
                title: words.none,
                text: words.noneText,
                action: (
                  <Link to="/galleries" className="button">
                    {words.toGalleries}
                  </Link>
                ),
              }
        }
      />
      {opened?.what === 'restore' && (
        <RestoreDialog
          gallery={{ id: opened.archive.gallery_id, slug: opened.archive.slug, title: opened.archive.title }}
          close={() => open(null)}
          changed={answer.again}
        />
      )}
      {many && <RestoreManyDialog {...many} close={() => openMany(null)} />}
      {opened?.what === 'delete' && (
        <DeleteDialog
          archive={opened.archive.id}
          slug={opened.archive.slug}
          title={opened.archive.title}
          close={() => open(null)}
          gone={answer.again}
        />
      )}
    </main>
  )
}
