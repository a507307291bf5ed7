/** All galleries: found, sorted and counted by the server, and what can be done with one or many. */
import { Link } from '@tanstack/react-router'
import { Archive, CalendarPlus, ExternalLink, ImageIcon, Images, Plus, Send } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import type { Gallery } from '../../api.ts'
import { type Column, List } from '../../ui/List.tsx'
import { useLanguage, useReason, useWordsOf } from '../../ui/language.tsx'
import { useListState } from '../../ui/list-state.ts'
import { Menu } from '../../ui/Menu.tsx'
import { Tabs } from '../../ui/Tabs.tsx'
import { GalleryBadge } from '../GalleryBadge.tsx'
import { useGalleries } from '../questions.ts'
import { type Bulk, BulkDialog, mayBe } from './BulkDialog.tsx'
import { CreateDialog } from './CreateDialog.tsx'
import { galleriesWords } from './words.ts'

const filters = ['draft', 'active', 'ended', 'archiving', 'archived'] as const

export function Page() {
  const words = useWordsOf(galleriesWords)
  const { fmt } = useLanguage()
  const state = useListState({ sort: 'created_at', order: 'desc', filters: ['state'] })
  const answer = useGalleries(state.query)
  const [creating, create] = useState(false)
  const [bulk, start] = useState<Bulk | null>(null)
  useEffect(() => {
    document.title = `${words.title} – Keepsake`
  }, [words])
  const columns = useMemo<Column<Gallery>[]>(
    () => [
      { id: 'title', title: words.gallery, sorts: true, main: true, width: 'minmax(240px, 1fr)', cell: (row) => <Title gallery={row} /> },
      { id: 'state', title: '', width: '124px', cell: (row) => <State gallery={row} /> },
      {
        id: 'event_date',
        title: words.date,
        sorts: true,
        width: '104px',
        wide: true,
        cell: (row) => row.event_date && fmt.shortDay(row.event_date),
      },
      { id: 'created_at', title: words.made, sorts: true, width: '104px', wide: true, cell: (row) => fmt.shortDay(row.created_at) },
      {
        id: 'expires_at',
        title: words.ends,
        sorts: true,
        width: '104px',
        cell: (row) => (row.expires_at ? fmt.shortDay(row.expires_at) : <span className="meta">{words.endless}</span>),
      },
      { id: 'photos', title: words.photos, number: true, width: '70px', cell: (row) => fmt.number(row.photos) },
      { id: 'bytes', title: words.size, number: true, width: '80px', cell: (row) => (row.photos ? fmt.bytes(row.bytes) : '–') },
      {
        id: 'actions',
        title: '',
        actions: true,
        width: '40px',
        cell: (row) => (
          <Menu
            label={words.more(row.title)}
            choices={[
              row.state === 'active' && {
                name: words.open,
                icon: <ExternalLink size={16} aria-hidden="true" />,
                pick: () => open(row.url, '_blank', 'noreferrer'),
              },
              mayBe('publish', row) && {
                name: words.publish,
                icon: <Send size={16} aria-hidden="true" />,
                pick: () => start({ what: 'publish', galleries: [row] }),
              },
              mayBe('extend', row) && {
                name: words.extend,
                icon: <CalendarPlus size={16} aria-hidden="true" />,
                pick: () => start({ what: 'extend', galleries: [row] }),
              },
              {
                name: words.archiveEvent,
                icon: <Archive size={16} aria-hidden="true" />,
                disabled: !mayBe('archive', row),
                pick: () => start({ what: 'archive', galleries: [row] }),
              },
            ]}
          />
        ),
      },
    ],
    [words, fmt],
  )
  const wanted = state.filter('state')
  const newGallery = (
    <button type="button" className="button main" onClick={() => create(true)}>
      <Plus size={17} aria-hidden="true" />
      {words.newGallery}
    </button>
  )
  return (
    <main className="page">
      <header className="page-head">
        <h1>{words.title}</h1>
        {newGallery}
      </header>
      {!!answer.data?.totals.all && (
        <Tabs
          label={words.state}
          value={wanted}
          choose={(next) => state.wish({ state: next || undefined })}
          tabs={[
            { value: '', name: words.all, count: answer.data.totals.all },
            ...filters.map((one) => ({ value: one, name: words.states[one], count: answer.data!.totals[one] })),
          ]}
        />
      )}
      <List
        label={words.title}
        answer={answer}
        columns={columns}
        id={(row) => row.id}
        name={(row) => row.title}
        state={state}
        search={words.search}
        empty={
          wanted
            ? { icon: <Images size={28} aria-hidden="true" />, title: words.noneInState }
            : { icon: <Images size={28} aria-hidden="true" />, title: words.none, text: words.noneText, action: newGallery }
        }
        chosen={(rows, none) => (
          <ChosenActions
            rows={rows}
            start={(what) => {
              start({ what, galleries: rows.filter((row) => mayBe(what, row)), ended: none })
            }}
          />
        )}
      />
      {creating && <CreateDialog close={() => create(false)} />}
      {bulk && (
        <BulkDialog
          {...bulk}
          close={() => {
            start(null)
            answer.again()
          }}
        />
      )}
    </main>
  )
}

function Title({ gallery }: { gallery: Gallery }) {
  return (
    <span className="cover-title">
      <span className="row-cover">
        {gallery.cover ? <img src={gallery.cover} alt="" loading="lazy" /> : <ImageIcon size={20} aria-hidden="true" />}
      </span>
      <Link to="/galleries/$slug" params={{ slug: gallery.slug }} className="row-link serif">
        {gallery.title}
      </Link>
    </span>
  )
}

function State({ gallery: { state, archive_error } }: { gallery: Gallery }) {
  const words = useWordsOf(galleriesWords)
  const why = useReason()
  return (
    <span className="row-state">
      <GalleryBadge state={state} />
      {archive_error && state !== 'archiving' && (
        <span className="badge bad" title={why(archive_error.code, archive_error.detail)}>
          {words.archivingFailed}
        </span>
      )}
    </span>
  )
}

function ChosenActions({ rows, start }: { rows: Gallery[]; start: (what: Bulk['what']) => void }) {
  const words = useWordsOf(galleriesWords)
  const may = (what: Bulk['what']) => rows.some((row) => mayBe(what, row))
  return (
    <>
      <button type="button" className="button" disabled={!may('publish')} onClick={() => start('publish')}>
        <Send size={16} aria-hidden="true" />
        {words.publishSelected}
      </button>
      <button type="button" className="button" disabled={!may('extend')} onClick={() => start('extend')}>
        <CalendarPlus size={16} aria-hidden="true" />
        {words.extendSelected}
      </button>
      <button type="button" className="button" disabled={!may('archive')} onClick={() => start('archive')}>
        <Archive size={16} aria-hidden="true" />
        {words.archiveSelected}
      </button>
    </>
  )
}
