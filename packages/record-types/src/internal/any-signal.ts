/**
 * The signal that is aborted with the first of these: `AbortSignal.any`, also where the platform has none, as in edge runtimes, or refuses
 * the signals of another realm. Then the signals keep the result in memory until they are aborted.
 */
export function anySignal(signals: readonly AbortSignal[]): AbortSignal {
  try {
    return AbortSignal.any([...signals])
  } catch {
    const first = new AbortController()
    for (const signal of signals) {
      const abort = (): void => first.abort(signal.reason)
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort, { once: true, signal: first.signal })
    }
    return first.signal
  }
}
