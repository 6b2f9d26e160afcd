import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { backends } from '../../lab/backend.ts'
import { describeOnKernel } from '../../lab/gate.ts'
import { playedBackends } from '../../lab/played-backends.ts'
import { workerLabs } from '../../lab/worker-labs.ts'
import { inTurns } from './in-turns.ts'
import { play } from './play.ts'
import { readScenario } from './read-scenario.ts'

// Each scenario has a lab of its own, in the state of a new one.
const scenariosAtOnce = 3

/** The time limit of a test includes the wait for its turn. */
const TURN_AND_PLAY_MS = 300_000

/** Plays every scenario of a folder beside this file, on the backends of its sample. */
export const describeScenarios = (folder: string): void => {
  const place = new URL(`./${folder}/`, import.meta.url)
  const scenarios = readdirSync(place)
    .filter((file) => file.endsWith('.txt'))
    .sort()
    .map((file) => readScenario(`${folder}/${file}`, readFileSync(new URL(file, place), 'utf8')))

  const inTurn = inTurns(scenariosAtOnce)
  const labs = workerLabs()
  describe.each(backends)('conflicts between a project on %s and the state of the host', (backend) => {
    const scenariosOfBackend = scenarios.filter((scenario) =>
      playedBackends(scenario.sample, scenario.backends).includes(backend),
    )
    describeOnKernel(folder, backend, () => {
      for (const scenario of scenariosOfBackend) {
        const title = `${scenario.name}: ${scenario.title}`
        const run = scenario.isKnownWrong(backend) ? test.concurrent.failing : test.concurrent
        run(
          title,
          async () => expect(await inTurn(() => play(labs, scenario, backend))).toEqual([]),
          TURN_AND_PLAY_MS,
        )
      }
    })
  })
}
