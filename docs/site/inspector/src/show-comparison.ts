import type { ComparedValue, Comparison } from '@recordkit/record-inspect'
import { visible } from '@recordkit/record-inspect/text'
import { byId, element, fill } from './dom.ts'
import { ruleWords, sentence } from './words.ts'

/** Shows two records side by side, and the rule that decides. */
export function showComparison(comparison: Comparison | undefined): void {
  byId('comparison').hidden = comparison === undefined
  byId('compared').hidden = comparison === undefined
  if (comparison === undefined) {
    fill('comparison')
    return
  }
  const { winner, reason, a, b } = comparison
  fill('compared', `Compared with a second record below: ${headline(comparison).toLowerCase()}`)
  fill(
    'comparison',
    element(
      'p',
      { class: 'outcome', 'data-winner': winner },
      element('strong', {}, headline(comparison)),
      ' ',
      sentence(visible(reason))
    ),
    element(
      'div',
      { class: 'sides' },
      side('First record', a, winner === 'a'),
      side('Second record', b, winner === 'b')
    ),
    rulesTable(comparison)
  )
}

/** The result in a few words. */
export function headline({ winner }: Comparison): string {
  if (winner === 'none') return 'Neither record is valid.'
  if (winner === 'same') return 'They are the same record.'
  return winner === 'a' ? 'The first record wins.' : 'The second record wins.'
}

function side(title: string, { record, refusal }: ComparedValue, isWinner: boolean): HTMLElement {
  const rows: [string, string][] = [['Verdict', refusal === undefined ? 'valid' : `${refusal.status}: ${refusal.code}`]]
  if (record?.sequence !== undefined) rows.push(['Sequence', String(record.sequence)])
  if (record !== undefined) rows.push(['Size', `${record.value.length} bytes`])
  return element(
    'div',
    { class: isWinner ? 'side winner' : 'side' },
    element('h3', {}, title, ...(isWinner ? [' ', element('span', { class: 'badge' }, 'wins')] : [])),
    element(
      'dl',
      {},
      ...rows.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value)))
    )
  )
}

function rulesTable({ rules }: Comparison): HTMLElement {
  const head = ['Rule', 'First', 'Second'].map((title) => element('th', { scope: 'col' }, title))
  const rows = rules.map(({ rule, a, b, prefers }) =>
    element(
      'tr',
      prefers === 'neither' ? {} : { class: 'decides' },
      element(
        'th',
        { scope: 'row' },
        ruleWords[rule],
        ...(prefers === 'neither' ? [] : [element('span', { class: 'badge' }, 'decides')])
      ),
      element('td', prefers === 'a' ? { class: 'preferred' } : {}, visible(a)),
      element('td', prefers === 'b' ? { class: 'preferred' } : {}, visible(b))
    )
  )
  return element(
    'table',
    {},
    element('caption', {}, 'The rules in their order; the first that prefers a record decides.'),
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...rows)
  )
}
