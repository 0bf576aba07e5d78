import type { ByteRange, Explanation, RangeRole } from '@recordkit/record-inspect'
import { visible } from '@recordkit/record-inspect/text'
import { byId, element, fill } from './dom.ts'
import { coveredBy, flatFields, hexRows } from './hex-rows.ts'
import type { HexSegment } from './hex-rows.ts'
import { counted, roleWords } from './words.ts'

/** bytes that are drawn at first, and with each press of the button for more */
const bytesPerPage = 4096
/** fields that are listed */
const maxFields = 400
/** characters of a value */
const maxValue = 300

let shown: Explanation | undefined
let drawn = 0
let selected: string | undefined

/** Draws the fields over the bytes, and lists them. */
export function showBytes(explanation: Explanation): void {
  shown = explanation
  drawn = Math.min(explanation.bytes.length, bytesPerPage)
  selected = undefined
  const isEmpty = explanation.layout.ranges.length === 0
  byId('bytes-section').hidden = isEmpty
  byId('fields-section').hidden = isEmpty
  if (isEmpty) return
  drawHex()
  listFields(explanation)
  showCoverage(explanation)
}

/** Draws the bytes again when the width of the page changes. */
export function redrawHex(): void {
  if (shown !== undefined && shown.layout.ranges.length > 0) drawHex()
}

function columns(): number {
  return matchMedia('(max-width: 480px)').matches ? 8 : 16
}

function drawHex(): void {
  if (shown === undefined) return
  const { bytes, layout } = shown
  const width = bytes.length > 65_536 ? 6 : 4
  const rows = hexRows(layout, drawn, columns()).map(({ start, segments }) =>
    element(
      'div',
      { class: 'row' },
      element('span', { class: 'offset' }, start.toString(16).padStart(width, '0')),
      element('span', { class: 'digits' }, ...segments.map((segment) => drawSegment(bytes, segment, hexOf))),
      element('span', { class: 'letters' }, ...segments.map((segment) => drawSegment(bytes, segment, lettersOf)))
    )
  )
  const drawing = element(
    'div',
    {
      class: 'drawing',
      role: 'img',
      'aria-label': `${counted(bytes.length, 'byte')} in hexadecimal; the list of fields describes them`
    },
    ...rows
  )
  fill('hex', drawing, ...(drawn < bytes.length ? [moreButton(bytes.length)] : []))
  markSelected()
}

function moreButton(length: number): HTMLElement {
  const next = Math.min(bytesPerPage, length - drawn)
  const button = element(
    'button',
    { type: 'button', class: 'quiet more' },
    `Show ${next} more of ${counted(length, 'byte')}`
  )
  button.addEventListener('click', () => {
    drawn += next
    drawHex()
  })
  return button
}

function drawSegment(
  bytes: Uint8Array,
  { start, end, path, role, isHead, isSigned }: HexSegment,
  text: (bytes: Uint8Array) => string
): HTMLElement {
  const classes = ['segment', `role-${role}`, isHead ? 'head' : '', isSigned ? 'signed' : ''].filter(Boolean).join(' ')
  return element(
    'span',
    { class: classes, 'data-path': path ?? '', 'data-start': String(start) },
    text(bytes.subarray(start, end))
  )
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
}

function lettersOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => (byte > 32 && byte < 127 ? String.fromCharCode(byte) : '·')).join('')
}

function listFields(explanation: Explanation): void {
  const fields = flatFields(explanation.layout.ranges)
  const items = fields.slice(0, maxFields).map(({ range, depth }) => fieldItem(explanation, range, depth))
  if (fields.length > maxFields)
    items.push(element('li', { class: 'hint' }, `and ${counted(fields.length - maxFields, 'field')} more`))
  fill('fields', ...items)
  byId('fields').querySelector('button')?.setAttribute('tabindex', '0')
  const roles = new Set(fields.map(({ range }) => range.role))
  const legend = [...roles].filter((role) => role !== 'container').map((role) => legendItem(role))
  const signed = explanation.layout.coverage.length === 0 ? [] : [signedItem()]
  fill('legend', ...legend, ...signed)
}

function legendItem(role: RangeRole): HTMLElement {
  return element('li', {}, element('span', { class: `swatch role-${role}`, 'aria-hidden': 'true' }), roleWords[role])
}

function signedItem(): HTMLElement {
  return element(
    'li',
    {},
    element('span', { class: 'swatch signed', 'aria-hidden': 'true' }),
    'underlined: covered by a signature'
  )
}

function fieldItem({ bytes, layout }: Explanation, range: ByteRange, depth: number): HTMLElement {
  const covering = coveredBy(layout, range)
  const size = range.end - range.start
  const isContainer = range.ranges.length > 0
  const where = size === 1 ? `byte ${range.start}` : `bytes ${range.start}–${range.end - 1}`
  const button = element(
    'button',
    { type: 'button', class: 'field-button', tabindex: '-1', 'aria-pressed': 'false', 'data-path': range.path },
    element('span', { class: `swatch role-${range.role}`, 'aria-hidden': 'true' }),
    element('span', { class: 'name' }, visible(range.name)),
    element('span', { class: 'where' }, `${where} of ${bytes.length}`),
    ...covering.map((signature) => element('span', { class: 'badge' }, `signed by ${signature.split('.').at(-1)}`))
  )
  const text = visible(range.text)
  const value = text.length > maxValue ? `${text.slice(0, maxValue)}…` : text
  return element(
    'li',
    { class: `depth-${Math.min(depth, 4)}` },
    button,
    element('p', { class: isContainer ? 'value quiet-text' : `value value-${range.role}` }, value)
  )
}

function showCoverage({ layout, bytes }: Explanation): void {
  const lines = layout.coverage.map(({ signature, prefix, covers }) => {
    const parts = covers.map(({ start, end }) => `bytes ${start}–${end - 1}`).join(' and ')
    const before = prefix === '' ? '' : `“${visible(prefix)}” and `
    return `${signature} covers ${before}${parts}.`
  })
  const covered = layout.coverage.length === 0 ? 'No signature covers these bytes.' : lines.join(' ')
  fill('coverage', `${counted(bytes.length, 'byte')}. ${covered}`)
}

/** Selects a field, and shows its bytes and those that it covers when it is a signature. */
function select(path: string | undefined): void {
  selected = selected === path ? undefined : path
  const range = flatFields(shown?.layout.ranges ?? []).find((field) => field.range.path === selected)?.range
  if (range !== undefined && range.start >= drawn) {
    drawn = Math.min(shown?.bytes.length ?? 0, Math.ceil((range.start + 1) / bytesPerPage) * bytesPerPage)
    drawHex()
  } else markSelected()
  if (range !== undefined) scrollTo(range)
}

function markSelected(): void {
  const isInside = (path: string, outer: string): boolean => path === outer || path.startsWith(`${outer}.`)
  byId('hex').classList.toggle('has-selection', selected !== undefined)
  const covers = shown?.layout.coverage.find(({ signature }) => signature === selected)?.covers ?? []
  for (const segment of byId('hex').querySelectorAll<HTMLElement>('.segment')) {
    const at = Number(segment.dataset['start'])
    segment.classList.toggle('selected', selected !== undefined && isInside(segment.dataset['path'] ?? '', selected))
    // a segment is within what a signature covers, or outside
    segment.classList.toggle(
      'covered',
      covers.some(({ start, end }) => start <= at && at < end)
    )
  }
  for (const button of byId('fields').querySelectorAll<HTMLElement>('button')) {
    const isSelected = button.dataset['path'] === selected
    button.setAttribute('aria-pressed', String(isSelected))
    button.parentElement?.classList.toggle('selected', isSelected)
  }
}

/** Scrolls the bytes, not the page, so that a field can be seen. */
function scrollTo({ start }: ByteRange): void {
  const hex = byId('hex')
  const row = hex.querySelectorAll<HTMLElement>('.row')[Math.floor(start / columns())]
  if (row === undefined) return
  const [outer, inner] = [hex.getBoundingClientRect(), row.getBoundingClientRect()]
  if (inner.top < outer.top || inner.bottom > outer.bottom) hex.scrollTop += inner.top - outer.top - outer.height / 3
}

/** Connects the list of fields and the drawing with mouse and keyboard. */
export function connectBytes(): void {
  const list = byId('fields')
  list.addEventListener('click', ({ target }) => {
    const button = (target as Element).closest('button')
    if (button !== null) {
      focusField(button)
      select(button.dataset['path'])
    }
  })
  list.addEventListener('keydown', (event) => {
    const buttons = [...list.querySelectorAll('button')]
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement)
    const targets: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }
    const next = buttons[targets[event.key] ?? -1]
    if (at < 0 || next === undefined) return
    event.preventDefault()
    focusField(next)
    if (selected !== next.dataset['path']) select(next.dataset['path'])
  })
  byId('hex').addEventListener('click', ({ target }) => {
    const path = (target as HTMLElement).dataset['path']
    if (!path) return
    select(path)
    const button = [...list.querySelectorAll('button')].find((one) => one.dataset['path'] === path)
    button?.scrollIntoView({ block: 'nearest' })
  })
}

/** One field at a time can be reached with the tab key. */
function focusField(button: HTMLElement): void {
  for (const other of byId('fields').querySelectorAll('button')) other.setAttribute('tabindex', '-1')
  button.setAttribute('tabindex', '0')
  button.focus()
}
