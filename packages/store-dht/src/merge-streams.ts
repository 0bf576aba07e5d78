/** The items of several streams, each as soon as it arrives. When the reader stops, the streams are asked to return. */
export async function* mergeStreams<T>(streams: readonly AsyncIterable<T>[]): AsyncGenerator<T> {
  const iterators = new Map(streams.map((stream, index) => [index, stream[Symbol.asyncIterator]()]))
  const steps = new Map<number, Promise<{ readonly index: number; readonly step: IteratorResult<T> }>>()
  const advance = (index: number): void => {
    const step = (iterators.get(index) as AsyncIterator<T>).next().then((result) => ({ index, step: result }))
    // when the reader stops, no reader is left for its error
    step.catch(() => undefined)
    steps.set(index, step)
  }
  try {
    for (const index of iterators.keys()) advance(index)
    while (steps.size > 0) {
      const { index, step } = await Promise.race(steps.values())
      steps.delete(index)
      if (step.done === true) iterators.delete(index)
      else {
        yield step.value
        advance(index)
      }
    }
  } finally {
    for (const iterator of iterators.values()) iterator.return?.().then(undefined, () => undefined)
  }
}
