import { ReadProgress } from '../src/read-progress.ts'
import type { PeerDistance } from '../src/read-progress.ts'
import { beforeEach, describe, expect, test } from 'vitest'

let now: number
let progress: ReadProgress<number>

beforeEach(() => {
  now = 1000
  progress = new ReadProgress(() => now)
})

/** Peers are numbers, which are their distances too. */
const named = (...peers: readonly number[]): PeerDistance<number>[] => peers.map((peer) => [peer, peer])

function ask(path: number, ...peers: readonly number[]): void {
  for (const peer of peers) progress.asked(path, peer, peer)
}

function answer(path: number, peer: number, ...names: readonly number[]): void {
  progress.answered(path, peer, peer, named(...names))
}

/** Ten paths with two peers each: path p has p + 1 and p + 11. */
function begin(): void {
  for (let path = 0; path < 10; path++) ask(path, path + 1, path + 11)
}

/** All of them answer, except those. */
function answerAllBut(...silent: readonly number[]): void {
  for (let peer = 1; peer <= 20; peer++) if (!silent.includes(peer)) answer((peer - 1) % 10, peer)
}

test('a look-up without any peer, or without an answer, continues, and nothing changes with time', () => {
  expect(progress.status).toBe('continue')
  begin()
  now += 1_000_000
  expect([progress.status, progress.changesIn, progress.overdue]).toEqual(['continue', undefined, []])
})

test('a look-up of one peer is done when that peer has answered', () => {
  ask(0, 1)
  answer(0, 1)
  expect(progress.status).toBe('done')
})

test('a look-up is done when all of 20 peers on ten paths have answered, and not before eight paths are finished', () => {
  begin()
  for (let peer = 1; peer <= 17; peer++) answer((peer - 1) % 10, peer)
  expect(progress.status).toBe('continue')
  answer(7, 18)
  expect(progress.status).toBe('done')
})

describe('the nearest peers', () => {
  test('three of the 13 nearest may be missing, four may not', () => {
    begin()
    answerAllBut(1, 2, 11, 12)
    expect(progress.status).toBe('continue')
    answer(0, 11)
    expect(progress.status).toBe('done')
  })

  test('a peer that failed is left out, and the next one takes its place', () => {
    begin()
    answerAllBut(1, 2, 11, 12)
    progress.failed(1, 2)
    expect(progress.status).toBe('done')
  })

  test('a peer that failed and was replaced by one that has not answered is not enough', () => {
    begin()
    answerAllBut(1, 2, 11, 12, 14)
    progress.ended(3)
    progress.failed(0, 1)
    // nearest: 2 to 14 without 1, of which 2, 11, 12 and 14 have not answered
    expect(progress.status).toBe('continue')
    progress.failed(1, 2)
    expect(progress.status).toBe('done')
  })

  test('peers that one path alone named do not count before they are asked', () => {
    begin()
    // nearer than all others, but not nearer than the peer that named them: path 0 will not ask them
    progress.answered(0, 11, 11, [])
    progress.answered(0, 1, 0.01, named(0.1, 0.2, 0.3, 0.4))
    answerAllBut(1, 11)
    expect(progress.status).toBe('done')
  })

  test('peers that two paths named count', () => {
    begin()
    progress.answered(0, 1, 0.01, named(0.1, 0.2, 0.3, 0.4))
    progress.answered(1, 2, 0.02, named(0.1, 0.2, 0.3, 0.4))
    answerAllBut(1, 2)
    expect(progress.status).toBe('continue')
    for (const peer of [0.1, 0.2, 0.3, 0.4]) {
      ask(2, peer)
      answer(2, peer)
    }
    expect(progress.status).toBe('done')
  })
})

describe('a path', () => {
  /** Nine of ten peers of the nearest answer on seven finished paths; paths 7, 8 and 9 are open. */
  function beginWithThreeOpenPaths(): void {
    for (let path = 0; path < 7; path++) ask(path, path + 1, path + 11)
    for (let path = 0; path < 7; path++) for (const peer of [path + 1, path + 11]) answer(path, peer)
    for (let path = 7; path < 10; path++) ask(path, 100 + path)
  }

  test('is finished when it has ended', () => {
    beginWithThreeOpenPaths()
    expect(progress.status).toBe('continue')
    progress.ended(7)
    expect(progress.status).toBe('done')
  })

  test('is not finished with nine answers while one of its peers was not asked', () => {
    beginWithThreeOpenPaths()
    answer(7, 107, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59)
    for (let peer = 50; peer < 58; peer++) {
      ask(7, peer)
      answer(7, peer)
    }
    expect(progress.status).toBe('continue')
  })

  test('is finished with ten answers when no peer that it named and did not ask is closer than the tenth', () => {
    beginWithThreeOpenPaths()
    answer(7, 107, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59)
    for (let peer = 50; peer < 59; peer++) {
      ask(7, peer)
      answer(7, peer)
    }
    // 107 is the tenth answer, and 59 is closer
    expect(progress.status).toBe('continue')
    ask(7, 59)
    expect(progress.status).toBe('done')
  })

  test('is finished with ten answers when the peers that it named and did not ask are farther away than the tenth', () => {
    beginWithThreeOpenPaths()
    answer(7, 107, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 70)
    for (let peer = 50; peer < 59; peer++) {
      ask(7, peer)
      answer(7, peer)
    }
    ask(7, 59)
    // 107 is the tenth answer, and 70 is closer
    expect(progress.status).toBe('continue')
    answer(7, 59)
    expect(progress.status).toBe('done')
  })

  test('is finished with fewer answers when all of its peers have answered or failed', () => {
    beginWithThreeOpenPaths()
    progress.failed(7, 107)
    expect(progress.status).toBe('done')
  })

  test('ignores peers that it named farther away than the peer that named them, as they are not asked', () => {
    beginWithThreeOpenPaths()
    answer(7, 107, 150)
    expect(progress.status).toBe('done')
  })
})

describe('time', () => {
  /** Twenty peers are asked, and four of the nearest do not answer; the others take `time` ms. */
  function beginSlowly(time: number): void {
    begin()
    now += time
    answerAllBut(1, 2, 11, 12)
  }

  test('a look-up is stalled when no answer among the ten nearest came for 8 times the median', () => {
    beginSlowly(100)
    now += 799
    expect(progress.status).toBe('continue')
    now += 1
    expect(progress.status).toBe('stalled')
  })

  test('a look-up of fast peers is stalled after 500 ms', () => {
    beginSlowly(10)
    now += 499
    expect(progress.status).toBe('continue')
    now += 1
    expect(progress.status).toBe('stalled')
  })

  test('an answer among the ten nearest postpones the stall, and a farther one does not', () => {
    beginSlowly(100)
    now += 700
    ask(0, 500)
    answer(0, 500)
    now += 100
    expect(progress.status).toBe('stalled')
    ask(0, 2.5)
    answer(0, 2.5)
    expect(progress.status).toBe('continue')
  })

  test.each([
    [10, 250],
    [50, 500],
    [100, 1000],
    [200, 1000],
    [500, 1500]
  ])('where the median answer takes %i ms, a peer that was asked %i ms ago is overdue', (median, limit) => {
    beginSlowly(median)
    now += limit - median - 1
    expect(progress.overdue).toEqual([])
    now += 1
    expect(progress.overdue.toSorted((a, b) => a - b)).toEqual([1, 2, 11, 12])
  })

  test('peers that answer at once neither end a look-up nor let others fail while more than a quarter of the routing table has not answered', () => {
    begin()
    now += 5
    answerAllBut(1, 3, 5, 7, 9, 11)
    now += 990
    expect([progress.status, progress.overdue]).toEqual(['continue', []])
    for (const peer of [1, 3, 5, 7]) answer(peer - 1, peer)
    expect(progress.status).toBe('done')
  })

  test('a look-up ends after a second when more than a quarter of the routing table does not respond', () => {
    begin()
    now += 5
    answerAllBut(1, 3, 5, 7, 9, 11)
    now += 995
    expect(progress.overdue.toSorted((a, b) => a - b)).toEqual([1, 3, 5, 7, 9, 11])
    for (const peer of progress.overdue) progress.failed((peer - 1) % 10, peer)
    expect(progress.status).toBe('done')
  })

  test('peers that answer at once do not shorten the time of a look-up whose routing table is slow', () => {
    begin()
    now += 100
    answerAllBut(1, 2, 11, 12)
    for (let peer = 1000; peer < 1100; peer++) {
      ask(0, peer)
      answer(0, peer)
    }
    now += 799
    expect([progress.status, progress.overdue]).toEqual(['continue', []])
    now += 1
    expect(progress.status).toBe('stalled')
  })

  test('peers of the routing table that could not be dialled do not lengthen the time of a look-up', () => {
    begin()
    for (const peer of [3, 4, 5, 6, 7, 8]) progress.failed(peer - 1, peer)
    now += 10
    for (const peer of [9, 10, 13, 14, 15, 16, 17, 18, 19, 20]) answer((peer - 1) % 10, peer)
    answer(0, 11)
    now += 240
    expect(progress.overdue.toSorted((a, b) => a - b)).toEqual([1, 2, 12])
  })

  test('one slow answer does not lengthen the time of a look-up, and slow answers of most peers do', () => {
    begin()
    now += 10
    answerAllBut(1, 2, 11, 12)
    ask(0, 500)
    now += 100
    answer(0, 500)
    now += 140
    expect(progress.overdue.toSorted((a, b) => a - b)).toEqual([1, 2, 11, 12])
    for (let peer = 1000; peer < 1020; peer++) ask(0, peer)
    now += 200
    for (let peer = 1000; peer < 1020; peer++) answer(0, peer)
    expect(progress.overdue).toEqual([])
  })

  test('changesIn is not negative when peers are overdue', () => {
    beginSlowly(10)
    now += 10_000
    expect(progress.changesIn).toBe(0)
  })

  test('changesIn is the time until a peer is overdue or the look-up stalls, whichever is sooner', () => {
    beginSlowly(10)
    expect(progress.changesIn).toBe(240)
    now += 240
    for (const peer of progress.overdue) progress.failed((peer - 1) % 10, peer)
    expect([progress.status, progress.changesIn]).toEqual(['done', 260])
  })

  test('peers that failed and answers without a request do not change the median', () => {
    begin()
    now += 100
    answer(0, 1)
    now += 5000
    progress.answered(0, 3000, 3000, [])
    progress.failed(1, 2)
    now = 1100
    // the others were asked 100 ms ago, and may take 10 times the median of 100 ms
    expect(progress.changesIn).toBe(900)
  })
})

test('a second answer of a peer, and its failure after an answer, change nothing', () => {
  ask(0, 1, 2)
  answer(0, 1)
  answer(0, 1, 0.5)
  progress.failed(0, 1)
  progress.failed(0, 99)
  answer(0, 2)
  expect(progress.status).toBe('done')
})

test('after a look-up has stalled, the time until a peer is overdue does not become 0 before that peer is', () => {
  progress.asked(0, 1, 1)
  now += 20
  progress.answered(0, 1, 1, [])
  now += 1000
  progress.asked(0, 2, 2)
  expect([progress.isStalled, progress.changesIn]).toEqual([true, 0])
  expect(progress.overdueIn).toBe(250)
  progress.failed(0, 2)
  expect(progress.overdueIn).toBeUndefined()
})
