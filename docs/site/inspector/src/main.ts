import { parseIpnsName } from '@recordkit/record-codec'
import { isRecordError, systemClock } from '@recordkit/record-types'
import { base64 } from '@recordkit/record-inspect/text'
import { announce, byId, element } from './dom.ts'
import { fetchRecord } from './fetch-record.ts'
import { Inspector } from './inspector.ts'
import type { RecordInput } from './inspector.ts'
import { registerServiceWorker } from './offline.ts'
import { samples } from './samples.ts'
import { connectBytes, redrawHex } from './show-bytes.ts'
import { fromFragment, maxShared, toFragment } from './share-link.ts'
import { sentence } from './words.ts'

const inspector = new Inspector()
const record = byId<HTMLTextAreaElement>('record')
const other = byId<HTMLTextAreaElement>('other')
const name = byId<HTMLInputElement>('name')
const domain = byId<HTMLInputElement>('domain')
const router = byId<HTMLInputElement>('router')

/** ms without a key before the input is explained */
const typingPause = 120
let timer: ReturnType<typeof setTimeout> | undefined

function update(): void {
  clearTimeout(timer)
  inspector.update().catch(report)
}

function updateSoon(): void {
  clearTimeout(timer)
  timer = setTimeout(update, typingPause)
}

/** Something that no input should cause. */
function report(error: unknown): void {
  announce('input-status', `The page failed: ${error instanceof Error ? error.message : String(error)}`, true)
}

/** Text that can be copied, unless the bytes are many. */
function textOfBytes(bytes: Uint8Array): string {
  return bytes.length > 65_536 ? '' : base64(bytes)
}

function enter(input: RecordInput): void {
  record.value = typeof input === 'string' ? input : ''
  inspector.setInput(input)
}

/** Enters bytes as text that can be copied, unless they are many. */
function enterBytes(bytes: Uint8Array): void {
  enter(textOfBytes(bytes) || bytes)
}

record.addEventListener('input', () => {
  inspector.setInput(record.value)
  updateSoon()
})
other.addEventListener('input', () => {
  inspector.setOther(other.value)
  updateSoon()
})
name.addEventListener('input', updateSoon)
domain.addEventListener('input', updateSoon)

// files: the button, a drop anywhere, or a paste
const file = byId<HTMLInputElement>('file')
byId('open-file').addEventListener('click', () => file.click())
file.addEventListener('change', () => {
  const chosen = file.files?.[0]
  if (chosen !== undefined) readFile(chosen).catch(report)
  file.value = ''
})

/** bytes; an archive of a store can be large, and all of it is read into memory */
const maxFile = 67_108_864

async function readFile(chosen: File): Promise<void> {
  if (chosen.size > maxFile) {
    announce('input-status', `The file has ${chosen.size} bytes; the limit is ${maxFile}.`, true)
    return
  }
  try {
    enter(new Uint8Array(await chosen.arrayBuffer()))
  } catch {
    announce('input-status', 'The file cannot be read; it may be a folder.', true)
    return
  }
  update()
}

function take(data: DataTransfer | null): boolean {
  const dropped = data?.files[0]
  if (dropped !== undefined) {
    readFile(dropped).catch(report)
    return true
  }
  const text = data?.getData('text/plain') ?? ''
  if (text === '') return false
  enter(text)
  update()
  return true
}

const drop = byId('drop')
document.addEventListener('dragover', (event) => {
  event.preventDefault()
  drop.hidden = false
})
document.addEventListener('dragleave', ({ relatedTarget }) => {
  if (relatedTarget === null) drop.hidden = true
})
document.addEventListener('drop', (event) => {
  event.preventDefault()
  drop.hidden = true
  take(event.dataTransfer)
})
document.addEventListener('paste', (event) => {
  const isField = event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement
  // text in a field is pasted by the browser
  if ((!isField || event.clipboardData?.files.length) && take(event.clipboardData)) event.preventDefault()
})

byId('clear').addEventListener('click', () => {
  enter('')
  other.value = ''
  name.value = ''
  domain.value = ''
  inspector.setOther('')
  history.replaceState(null, '', location.pathname)
  update()
  record.focus()
})

// samples
byId('samples').append(
  ...samples.map(({ title, create }) => {
    const button = element('button', { type: 'button', class: 'chip' }, title)
    button.addEventListener('click', () => {
      create(systemClock())
        .then((sample) => {
          show(sample)
        })
        .catch(report)
    })
    return button
  })
)

interface ToShow {
  readonly record: Uint8Array
  readonly other?: Uint8Array | undefined
  readonly name?: string | undefined
  readonly domain?: string | undefined
}

function show(shared: ToShow): void {
  enterBytes(shared.record)
  name.value = shared.name ?? ''
  domain.value = shared.domain ?? ''
  other.value = shared.other === undefined ? '' : textOfBytes(shared.other)
  inspector.setOther(shared.other ?? '')
  update()
}

// routers
byId('fetch').addEventListener('click', () => {
  fetchNow().catch(report)
})
router.addEventListener('keydown', (event) => {
  if (event.key === 'Enter') fetchNow().catch(report)
})

let fetches = 0

async function fetchNow(): Promise<void> {
  const round = ++fetches
  const wanted = name.value.trim()
  if (wanted === '') {
    announce('router-status', 'Enter the name of the record first.', true)
    name.focus()
    return
  }
  try {
    parseIpnsName(wanted)
  } catch (error) {
    if (!isRecordError(error)) throw error
    announce('router-status', sentence(error.message), true)
    return
  }
  announce('router-status', 'Asking the router …')
  const found = await fetchRecord(router.value.trim(), parseIpnsName(wanted))
  // the user has asked for another record meanwhile
  if (round !== fetches) return
  if (typeof found === 'string') {
    announce('router-status', sentence(found), true)
    return
  }
  announce('router-status', `The router sent ${found.length} bytes.`)
  enterBytes(found)
  update()
}

// links
byId('share').addEventListener('click', () => {
  share().catch(report)
})

async function share(): Promise<void> {
  const { shown } = inspector
  if (shown === undefined) return
  const { bytes, inspection } = shown.explanation
  const link = byId<HTMLInputElement>('link')
  link.hidden = true
  if (inspection.kind === 'private-key') {
    announce('share-status', 'A private key is never put into a link.', true)
    return
  }
  const fragment = toFragment({ record: bytes, other: shown.other, name: name.value.trim(), domain: domain.value })
  if (fragment === undefined) {
    announce('share-status', `A link can contain at most ${maxShared} bytes; send the file instead.`, true)
    return
  }
  history.replaceState(null, '', `#${fragment}`)
  link.value = location.href
  link.hidden = false
  try {
    await navigator.clipboard.writeText(location.href)
    announce('share-status', 'The link is copied.')
  } catch {
    link.focus()
    link.select()
    announce('share-status', 'Copy the link from the field: the browser does not let the page do it.')
  }
}

function openFragment(): void {
  const shared = fromFragment(location.hash)
  if (typeof shared === 'string') announce('input-status', sentence(shared), true)
  else if (shared !== undefined) show(shared)
}

addEventListener('hashchange', openFragment)
matchMedia('(max-width: 480px)').addEventListener('change', redrawHex)
connectBytes()
openFragment()
registerServiceWorker().catch(() => undefined)
