import { findBrowser } from '@recordkit/testing/browsers'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { openScenarios, scenarioTitles } from './engines/run-scenarios.ts'
import type { ScenarioSuite } from './engines/run-scenarios.ts'

// `npm run inspector` runs the same in Firefox and WebKitGTK
describe.skipIf(findBrowser('chromium') === undefined)('the inspector page in Chromium', () => {
  let suite: ScenarioSuite

  beforeAll(async () => {
    suite = await openScenarios('chromium')
  })
  afterAll(() => suite[Symbol.asyncDispose]())

  for (const title of scenarioTitles) {
    test(title, async () => {
      await suite.scenarios.find((scenario) => scenario.title === title)?.run()
    })
  }
})
