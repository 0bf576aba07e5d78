/** The results of promises, in the order in which they resolve. */
export async function* asCompleted<T>(promises: readonly Promise<T>[]): AsyncGenerator<T> {
  const running = new Map(promises.map((promise, index) => [index, promise.then((value) => ({ index, value }))]))
  while (running.size > 0) {
    const { index, value } = await Promise.race(running.values())
    running.delete(index)
    yield value
  }
}
