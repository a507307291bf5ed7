/**
 * A list of the studio: a table that becomes cards on a phone, with every state of a list. Search, order, totals and pages come
 * from the server; the rows on the screen are never searched or sorted here.
 */
import {
  createColumnHelper,
  type RowSelectionState,
  rowSelectionFeature,
  rowSortingFeature,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { ArrowDown, ArrowUp, Search as Glass, Lock } from 'lucide-react'
import { type CSSProperties, type ReactNode, useEffect, useId, useMemo, useRef, useState } from 'react'
import type { Answer } from './answer.ts'
import { useWordsOf } from './language.tsx'
import type { ListState } from './list-state.ts'
import { listWords } from './list-words.ts'
import { Empty, Trouble, Waiting } from './Trouble.tsx'

export interface Column<T> {
  /** also the word of the server for sorting by it */
  id: string
  /** the head of the column, and in front of the value on a phone; '' for a column that explains itself */
  title: string
  cell: (row: T) => ReactNode
  sorts?: boolean
  /** stands right-aligned */
  number?: boolean
  /** the first line of the card on a phone */
  main?: boolean
  /** left out on a phone */
  wide?: boolean
  /** buttons: no title, no click of the row */
  actions?: boolean
  /** of the column, as `120px` or `minmax(0, 1fr)` */
  width?: string
}

interface ListProps<T> {
  label: string
  answer: Omit<Answer<{ rows: T[]; next: string | null }>, 'put'> & { late?: boolean }
  columns: Column<T>[]
  id: (row: T) => string
  /** what a screen reader calls the row, for the box that chooses it */
  name?: (row: T) => string
  state: ListState
  /** shown when there is nothing and nothing was searched for: what this is, and the first action */
  empty: { icon: ReactNode; title: string; text?: string; action?: ReactNode }
  search?: string
  /** filters beside the search */
  filters?: ReactNode
  /** what can be done with the chosen rows; boxes stand in front of rows only with it */
  chosen?: (rows: T[], none: () => void) => ReactNode
  row?: (row: T) => { muted?: boolean; note?: ReactNode }
}

const features = tableFeatures({ rowSortingFeature, rowSelectionFeature })

export function List<T extends object>(props: ListProps<T>) {
  const { answer, state, empty, label } = props
  const words = useWordsOf(listWords)
  const { data, refusal, again } = answer
  const wished = state.q !== '' || state.cursor !== ''
  const nothing = data?.rows.length === 0
  if (refusal?.problem.status === 403 && !data)
    return (
      <Empty icon={<Lock size={28} aria-hidden="true" />} title={words.forbidden}>
        <p>{words.forbiddenText}</p>
      </Empty>
    )
  return (
    <section className="stack tight" aria-label={label} aria-busy={!data || answer.late}>
      {(props.search || props.filters) && !(nothing && !wished && !props.filters) && (
        <div className="list-head">
          {props.search && <SearchField label={props.search} state={state} />}
          {props.filters}
        </div>
      )}
      {refusal && <Trouble refusal={refusal} retry={again} />}
      {!data && !refusal && <Skeleton />}
      {nothing &&
        (wished ? (
          <Empty icon={<Glass size={28} aria-hidden="true" />} title={state.q ? words.noMatch(state.q) : empty.title}>
            {state.q ? (
              <button type="button" className="button" onClick={() => state.wish({ q: undefined })}>
                {words.showAll}
              </button>
            ) : (
              <First state={state} />
            )}
          </Empty>
        ) : (
          <Empty icon={empty.icon} title={empty.title}>
            {empty.text && <p>{empty.text}</p>}
            {empty.action}
          </Empty>
        ))}
      {data && !nothing && <Rows {...props} rows={data.rows} late={answer.late === true} />}
      {data && (data.next || state.cursor) && !nothing && (
        <div className="actions end">
          {state.cursor && <First state={state} />}
          {data.next && (
            <button type="button" className="button" onClick={() => state.turnTo(data.next!)}>
              {words.nextPage}
            </button>
          )}
        </div>
      )}
    </section>
  )
}

function First({ state }: { state: ListState }) {
  const words = useWordsOf(listWords)
  return (
    <button type="button" className="button" onClick={() => state.wish({})}>
      {words.firstPage}
    </button>
  )
}

function Rows<T extends object>(props: ListProps<T> & { rows: T[]; late: boolean }) {
  const { rows, columns, id, name, state, chosen, label } = props
  const words = useWordsOf(listWords)
  const defs = useMemo(() => {
    const helper = createColumnHelper<typeof features, T>()
    return columns.map((column) =>
      // sorting is offered for columns with a value; which one does not matter, the server sorts
      helper.accessor((): unknown => '', {
        id: column.id,
        enableSorting: !!column.sorts,
      }),
    )
  }, [columns])
  const [rowSelection, setRowSelection] = useState<RowSelectionState>({})
  // the same array while the order is the same: another one is published, and drawn, without end
  const sorting = useMemo(() => (state.sort ? [{ id: state.sort, desc: state.order === 'desc' }] : []), [state.sort, state.order])
  const table = useTable({
    features,
    columns: defs,
    data: rows,
    getRowId: id,
    manualSorting: true,
    enableSortingRemoval: false,
    state: { sorting, rowSelection },
    onRowSelectionChange: setRowSelection,
    onSortingChange: (change) => {
      const [next] = typeof change === 'function' ? change(sorting) : change
      if (next) state.wish({ sort: next.id, order: next.desc ? 'desc' : 'asc' })
    },
  })
  const shown = table.getRowModel().rows
  const picked = chosen ? shown.filter((row) => row.getIsSelected()) : []
  const of = new Map(columns.map((column) => [column.id, column]))
  const head = table.getHeaderGroups()[0]!.headers
  const template = [chosen && '44px', ...columns.map((column) => column.width ?? 'minmax(0, 1fr)')].filter(Boolean).join(' ')
  return (
    <>
      {columns.some((column) => column.sorts) && <SortOnPhone columns={columns} state={state} />}
      {picked.length > 0 && (
        <div className="chosen" role="status">
          <span>{words.chosen(picked.length)}</span>
          {chosen!(
            picked.map((row) => row.original),
            () => setRowSelection({}),
          )}
          <button type="button" className="button bare" onClick={() => setRowSelection({})}>
            {words.chooseNone}
          </button>
        </div>
      )}
      <table className={props.late ? 'list card late' : 'list card'} aria-label={label} style={{ '--columns': template } as CSSProperties}>
        <thead>
          <tr>
            {chosen && (
              <th scope="col">
                <Box
                  label={words.chooseAll}
                  checked={table.getIsAllRowsSelected()}
                  some={table.getIsSomeRowsSelected()}
                  change={table.getToggleAllRowsSelectedHandler()}
                />
              </th>
            )}
            {head.map((header) => {
              const column = of.get(header.column.id)!
              const sorted = header.column.getIsSorted()
              return (
                <th
                  key={header.id}
                  scope="col"
                  className={kindOf(column)}
                  aria-sort={column.sorts ? (sorted === 'asc' ? 'ascending' : sorted ? 'descending' : 'none') : undefined}
                >
                  {column.sorts ? (
                    <button type="button" className="sorter" onClick={header.column.getToggleSortingHandler()}>
                      {column.title}
                      {sorted && (sorted === 'asc' ? <ArrowUp size={14} aria-hidden="true" /> : <ArrowDown size={14} aria-hidden="true" />)}
                    </button>
                  ) : (
                    column.title || <span className="unseen">{column.id}</span>
                  )}
                </th>
              )
            })}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => {
            const look = props.row?.(row.original)
            return (
              <tr key={row.id} className={[look?.muted && 'muted', row.getIsSelected() && 'picked'].filter(Boolean).join(' ')}>
                {chosen && (
                  <td className="box-cell">
                    <Box
                      label={`${words.choose}: ${name?.(row.original) ?? row.id}`}
                      checked={row.getIsSelected()}
                      change={row.getToggleSelectedHandler()}
                    />
                  </td>
                )}
                {row.getAllCells().map((cell) => {
                  const column = of.get(cell.column.id)!
                  return (
                    <td key={cell.id} className={kindOf(column)} data-title={column.main || column.actions ? undefined : column.title}>
                      {/* no component of its own: another one at every drawing would take the focus with it */}
                      {column.cell(row.original)}
                    </td>
                  )
                })}
                {look?.note && <td className="row-note">{look.note}</td>}
              </tr>
            )
          })}
        </tbody>
      </table>
    </>
  )
}

const kindOf = (column: Pick<Column<never>, 'number' | 'main' | 'wide' | 'actions'>) =>
  [column.number && 'number', column.main && 'main-cell', column.wide && 'wide', column.actions && 'action-cell'].filter(Boolean).join(' ')

function Box({ label, checked, some, change }: { label: string; checked: boolean; some?: boolean; change: (event: unknown) => void }) {
  const own = useRef<HTMLInputElement>(null)
  useEffect(() => {
    own.current!.indeterminate = !!some && !checked
  }, [some, checked])
  return (
    <label className="box">
      <input ref={own} type="checkbox" aria-label={label} checked={checked} onChange={change} />
    </label>
  )
}

interface SearchProps {
  label: string
  state: ListState
  /** the word of the address that it writes */
  name?: string
  /** what is offered to be found */
  offers?: readonly string[]
}

/** The address follows a quarter of a second after the last key, without a step back for every letter. */
export function SearchField({ label, state, name = 'q', offers = [] }: SearchProps) {
  const wish = state.filter(name)
  const [text, set] = useState(wish)
  const asked = useRef(wish)
  const known = useId()
  useEffect(() => {
    // the way back brought another wish
    if (wish !== asked.current) {
      asked.current = wish
      set(wish)
    }
  }, [wish])
  useEffect(() => {
    const wanted = text.trim()
    if (wanted === asked.current) return
    const timer = setTimeout(() => {
      asked.current = wanted
      state.wish({ [name]: wanted || undefined }, true)
    }, 250)
    return () => clearTimeout(timer)
  }, [text, state, name])
  return (
    <div className="search">
      <Glass size={17} aria-hidden="true" />
      <input
        className="input"
        type="search"
        aria-label={label}
        placeholder={label}
        value={text}
        list={offers.length ? known : undefined}
        onChange={(event) => set(event.target.value)}
      />
      {offers.length > 0 && (
        <datalist id={known}>
          {offers.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
    </div>
  )
}

function SortOnPhone<T>({ columns, state }: { columns: Column<T>[]; state: ListState }) {
  const words = useWordsOf(listWords)
  const id = useId()
  return (
    <div className="sort-phone">
      <label htmlFor={id} className="unseen">
        {words.sortBy}
      </label>
      <select
        id={id}
        className="input"
        value={state.sort}
        onChange={(event) => state.wish({ sort: event.target.value, order: state.order })}
      >
        {columns
          .filter((column) => column.sorts)
          .map((column) => (
            <option key={column.id} value={column.id}>
              {column.title}
            </option>
          ))}
      </select>
      <button
        type="button"
        className="button square"
        aria-label={words.turnAround}
        onClick={() => state.wish({ sort: state.sort, order: state.order === 'asc' ? 'desc' : 'asc' })}
      >
        {state.order === 'asc' ? <ArrowUp size={17} aria-hidden="true" /> : <ArrowDown size={17} aria-hidden="true" />}
      </button>
    </div>
  )
}

/** As high as the rows that will come. */
function Skeleton() {
  return (
    <div className="list card">
      <Waiting height={440} />
    </div>
  )
}
