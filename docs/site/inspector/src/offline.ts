import { byId } from './dom.ts'

/** In browsers with Trusted Types, a text is not a script. */
interface TrustedTypePolicies {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string }
  ): { createScriptURL(url: string): string }
}

/** Installs the service worker that keeps the page, and says so when it is ready. */
export async function registerServiceWorker(): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypePolicies }
  const script = 'service-worker.js'
  const policy = trustedTypes?.createPolicy('inspector', { createScriptURL: () => script })
  await navigator.serviceWorker.register(policy?.createScriptURL(script) ?? script)
  await navigator.serviceWorker.ready
  byId('offline').hidden = false
}
