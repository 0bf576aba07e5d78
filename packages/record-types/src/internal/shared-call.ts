/** A function whose concurrent calls share one call of `work`. */
export function sharedCall<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let running: Promise<Result> | undefined
  return async () => {
    running ??= work().finally(() => (running = undefined))
    return running
  }
}
