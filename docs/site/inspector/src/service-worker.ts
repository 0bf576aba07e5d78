// Keeps all files of the page, so that it works offline. The build replaces the two constants; another version has another cache, and
// takes over when no tab shows the old one any more.

declare const FILES: readonly string[]
declare const VERSION: string

/** The part of a service worker's global object that is used here. */
interface WorkerScope {
  readonly caches: CacheStorage
  readonly clients: { claim(): Promise<void> }
  readonly registration: { readonly scope: string }
  addEventListener(
    type: 'install' | 'activate',
    listener: (event: { waitUntil(work: Promise<unknown>): void }) => void
  ): void
  addEventListener(
    type: 'fetch',
    listener: (event: { readonly request: Request; respondWith(response: Promise<Response>): void }) => void
  ): void
}

const scope = globalThis as unknown as WorkerScope
const prefix = 'recordkit-inspector-'
const cacheName = prefix + VERSION

async function install(): Promise<void> {
  const cache = await scope.caches.open(cacheName)
  // past the HTTP cache, which may contain files of another version
  await cache.addAll(FILES.map((file) => new Request(file, { cache: 'reload' })))
}

async function activate(): Promise<void> {
  const names = await scope.caches.keys()
  await Promise.all(
    names.filter((name) => name.startsWith(prefix) && name !== cacheName).map((name) => scope.caches.delete(name))
  )
  await scope.clients.claim()
}

async function answer(request: Request): Promise<Response> {
  const cache = await scope.caches.open(cacheName)
  return (await cache.match(request, { ignoreSearch: true })) ?? fetch(request)
}

scope.addEventListener('install', (event) => event.waitUntil(install()))
scope.addEventListener('activate', (event) => event.waitUntil(activate()))
scope.addEventListener('fetch', (event) => {
  const { request } = event
  if (request.method === 'GET' && request.url.startsWith(scope.registration.scope)) event.respondWith(answer(request))
})
