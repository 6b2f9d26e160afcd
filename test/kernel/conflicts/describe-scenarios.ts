import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { backends } from '../../lab/backend.ts'
import { describeOnKernel } from '../../lab/gate.ts'
import { play } from './play.ts'
import { readScenario } from './read-scenario.ts'

/** Plays every scenario of a folder beside this file, on every backend it names. */
export const describeScenarios = (folder: string): void => {
  const place = new URL(`./${folder}/`, import.meta.url)
  const scenarios = readdirSync(place)
    .filter((file) => file.endsWith('.txt'))
    .sort()
    .map((file) => readScenario(`${folder}/${file}`, readFileSync(new URL(file, place), 'utf8')))

  describe.each(backends)('conflicts with what is on the host, on %s', (backend) => {
    const own = scenarios.filter((scenario) => scenario.backends.includes(backend))
    describeOnKernel(folder, backend, () => {
      for (const scenario of own) {
        const title = `${scenario.name}: ${scenario.title}`
        const run = scenario.isKnownWrong(backend) ? test.failing : test
        run(title, async () => expect(await play(scenario, backend)).toEqual([]))
      }
    })
  })
}
