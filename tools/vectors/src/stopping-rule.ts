type Status = 'continue' | 'done' | 'stalled'

/** ms since the start of a look-up, and what happened then, or what the rule decides then. Peers are their distances. */
type LookupEvent = { readonly at: number } & (
  | { readonly path: number; readonly asks: readonly number[] }
  | { readonly path: number; readonly answers: number; readonly names: readonly number[] }
  | { readonly path: number; readonly fails: number }
  | { readonly ends: number }
  | { readonly status: Status; readonly overdue: readonly number[] }
)

/** Records a look-up. */
class Lookup {
  readonly events: LookupEvent[] = []
  #at = 0

  wait(milliseconds: number): void {
    this.#at += milliseconds
  }

  ask(path: number, ...asks: readonly number[]): void {
    this.events.push({ at: this.#at, path, asks })
  }

  answer(path: number, answers: number, ...names: readonly number[]): void {
    this.events.push({ at: this.#at, path, answers, names })
  }

  fail(path: number, fails: number): void {
    this.events.push({ at: this.#at, path, fails })
  }

  end(path: number): void {
    this.events.push({ at: this.#at, ends: path })
  }

  expect(status: Status, ...overdue: readonly number[]): void {
    this.events.push({ at: this.#at, status, overdue })
  }

  /** Ten paths ask two peers each: path p asks 10 (p + 1) and 10 (p + 11). */
  begin(): void {
    for (let path = 0; path < 10; path++) this.ask(path, 10 * (path + 1), 10 * (path + 11))
  }

  /** All peers of {@link begin} answer, except those. */
  answerAllBut(...silent: readonly number[]): void {
    for (let index = 1; index <= 20; index++)
      if (!silent.includes(10 * index)) this.answer((index - 1) % 10, 10 * index)
  }

  /** Seven paths are finished; paths 7, 8 and 9 have asked 1070, 1080 and 1090. */
  beginWithThreeOpenPaths(): void {
    for (let path = 0; path < 7; path++) this.ask(path, 10 * (path + 1), 10 * (path + 11))
    for (let path = 0; path < 7; path++) for (const peer of [path + 1, path + 11]) this.answer(path, 10 * peer)
    for (let path = 7; path < 10; path++) this.ask(path, 1000 + 10 * path)
  }

  askAndAnswer(path: number, from: number, to: number): void {
    for (let peer = from; peer <= to; peer += 10) {
      this.ask(path, peer)
      this.answer(path, peer)
    }
  }
}

const tens = (from: number, to: number): number[] =>
  Array.from({ length: (to - from) / 10 + 1 }, (_, index) => from + 10 * index)

const lookups: Record<string, (lookup: Lookup) => void> = {
  'no-answer': (lookup) => {
    lookup.expect('continue')
    lookup.begin()
    lookup.wait(1_000_000)
    lookup.expect('continue')
  },
  'one-peer': (lookup) => {
    lookup.ask(0, 10)
    lookup.expect('continue')
    lookup.answer(0, 10)
    lookup.expect('done')
  },
  'eight-of-ten-paths': (lookup) => {
    lookup.begin()
    for (let index = 1; index <= 17; index++) lookup.answer((index - 1) % 10, 10 * index)
    lookup.expect('continue')
    lookup.answer(7, 180)
    lookup.expect('done')
  },
  'ten-of-the-13-nearest': (lookup) => {
    lookup.begin()
    lookup.answerAllBut(10, 20, 110, 120)
    lookup.expect('continue')
    lookup.answer(0, 110)
    lookup.expect('done')
  },
  'a-failed-peer-is-replaced': (lookup) => {
    lookup.begin()
    lookup.answerAllBut(10, 20, 110, 120)
    lookup.fail(1, 20)
    lookup.expect('done')
  },
  'a-failed-peer-is-replaced-by-one-without-an-answer': (lookup) => {
    lookup.begin()
    lookup.answerAllBut(10, 20, 110, 120, 140)
    lookup.end(3)
    lookup.fail(0, 10)
    lookup.expect('continue')
    lookup.fail(1, 20)
    lookup.expect('done')
  },
  'peers-that-one-path-named-do-not-count': (lookup) => {
    lookup.begin()
    // path 0 does not ask peers that are farther away than the one that named them
    lookup.answer(0, 10, 11, 12, 13, 14)
    lookup.answerAllBut(10, 20, 110)
    lookup.expect('done')
  },
  'peers-that-two-paths-named-count': (lookup) => {
    lookup.begin()
    lookup.answer(0, 10, 11, 12, 13, 14)
    lookup.answer(1, 20, 11, 12, 13, 14)
    lookup.answerAllBut(10, 20)
    lookup.expect('continue')
    for (const peer of [11, 12, 13, 14]) {
      lookup.ask(2, peer)
      lookup.answer(2, peer)
    }
    lookup.expect('done')
  },
  'a-path-that-ended': (lookup) => {
    lookup.beginWithThreeOpenPaths()
    lookup.expect('continue')
    lookup.end(7)
    lookup.expect('done')
  },
  'a-path-with-nine-answers': (lookup) => {
    lookup.beginWithThreeOpenPaths()
    lookup.answer(7, 1070, ...tens(500, 590))
    lookup.askAndAnswer(7, 500, 570)
    lookup.expect('continue')
  },
  'a-path-with-ten-answers-and-a-nearer-peer': (lookup) => {
    lookup.beginWithThreeOpenPaths()
    lookup.answer(7, 1070, ...tens(500, 590))
    lookup.askAndAnswer(7, 500, 580)
    lookup.expect('continue')
    lookup.ask(7, 590)
    lookup.expect('done')
  },
  'a-path-with-ten-answers-and-a-farther-peer': (lookup) => {
    lookup.beginWithThreeOpenPaths()
    lookup.answer(7, 1070, ...tens(500, 590), 700)
    lookup.askAndAnswer(7, 500, 580)
    lookup.ask(7, 590)
    lookup.expect('continue')
    lookup.answer(7, 590)
    lookup.expect('done')
  },
  'a-path-whose-only-peer-failed': (lookup) => {
    lookup.beginWithThreeOpenPaths()
    lookup.fail(7, 1070)
    lookup.expect('done')
  },
  'a-path-does-not-follow-farther-peers': (lookup) => {
    lookup.beginWithThreeOpenPaths()
    lookup.answer(7, 1070, 1500)
    lookup.expect('done')
  },
  'stalled-after-eight-times-the-median': (lookup) => {
    lookup.begin()
    lookup.wait(100)
    lookup.answerAllBut(10, 20, 110, 120)
    lookup.wait(799)
    lookup.expect('continue')
    lookup.wait(1)
    lookup.expect('stalled')
  },
  'stalled-after-500-ms': (lookup) => {
    lookup.begin()
    lookup.wait(10)
    lookup.answerAllBut(10, 20, 110, 120)
    lookup.wait(239)
    lookup.expect('continue')
    lookup.wait(1)
    lookup.expect('continue', 10, 20, 110, 120)
    lookup.wait(259)
    lookup.expect('continue', 10, 20, 110, 120)
    lookup.wait(1)
    lookup.expect('stalled', 10, 20, 110, 120)
  },
  'only-an-answer-among-the-ten-nearest-postpones-a-stall': (lookup) => {
    lookup.begin()
    lookup.wait(100)
    lookup.answerAllBut(10, 20, 110, 120)
    lookup.wait(700)
    lookup.ask(0, 5000)
    lookup.answer(0, 5000)
    lookup.wait(100)
    lookup.expect('stalled')
    lookup.ask(0, 25)
    lookup.answer(0, 25)
    lookup.expect('continue')
  },
  'overdue-after-ten-times-the-median': (lookup) => {
    lookup.begin()
    lookup.wait(50)
    lookup.answerAllBut(10, 20, 110, 120)
    lookup.wait(449)
    lookup.expect('continue')
    lookup.wait(1)
    lookup.expect('continue', 10, 20, 110, 120)
  },
  'overdue-after-a-second': (lookup) => {
    lookup.begin()
    lookup.wait(200)
    lookup.answerAllBut(10, 20, 110, 120)
    lookup.wait(799)
    lookup.expect('continue')
    lookup.wait(1)
    lookup.expect('continue', 10, 20, 110, 120)
  },
  'overdue-after-three-times-the-median': (lookup) => {
    lookup.begin()
    lookup.wait(500)
    lookup.answerAllBut(10, 20, 110, 120)
    lookup.wait(999)
    lookup.expect('continue')
    lookup.wait(1)
    lookup.expect('continue', 10, 20, 110, 120)
  },
  'a-slow-routing-table-is-waited-for': (lookup) => {
    lookup.begin()
    lookup.wait(5)
    lookup.answerAllBut(10, 30, 50, 70, 90, 110)
    lookup.wait(990)
    // more than a quarter of the peers that were asked first has not answered: the usual answer takes as long as they have so far
    lookup.expect('continue')
    for (const peer of [10, 30, 50, 70]) lookup.answer(peer / 10 - 1, peer)
    lookup.expect('done')
  },
  'a-routing-table-without-an-answer': (lookup) => {
    lookup.begin()
    lookup.wait(5)
    lookup.answerAllBut(10, 30, 50, 70, 90, 110)
    lookup.wait(995)
    lookup.expect('continue', 10, 30, 50, 70, 90, 110)
    for (const peer of [10, 30, 50, 70, 90]) lookup.fail(peer / 10 - 1, peer)
    lookup.fail(0, 110)
    lookup.expect('done')
  },
  'fast-answers-of-others-do-not-shorten-the-time': (lookup) => {
    lookup.begin()
    lookup.wait(100)
    lookup.answerAllBut(10, 20, 110, 120)
    lookup.askAndAnswer(0, 10_000, 10_990)
    lookup.wait(799)
    lookup.expect('continue')
    lookup.wait(1)
    lookup.expect('stalled')
  }
}

/** The look-ups, each with what the rule decides on its way. */
export function stoppingRuleCases(): { readonly id: string; readonly events: readonly LookupEvent[] }[] {
  return Object.entries(lookups).map(([id, run]) => {
    const lookup = new Lookup()
    run(lookup)
    return { id, events: lookup.events }
  })
}
