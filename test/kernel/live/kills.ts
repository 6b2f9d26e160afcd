import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import { drawingOf } from '../../lab/drawing.ts'
import type { Lab } from '../../lab/lab.ts'
import { wrongPorts } from '../../lab/wrong-ports.ts'
import { drawKillMoment, runKilled } from '../killed-anywhere/kill-moment.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { argvOf, documentedErrors, printedLines, readTwice } from './calling.ts'
import { everyAddress, isRestricted, tryClosedPorts } from './every-address.ts'
import {
  type CallLine,
  emptyModel,
  type HostState,
  linesFound,
  linesOf,
  type Model,
  possibleModels,
  withFoundAddresses,
} from './model.ts'

const preload = fileURLToPath(new URL('../../lab/kill-before.mjs', import.meta.url))

/** Each kill costs the start of two Node processes. For more: PORTOLAN_KILLS=250. */
const kills = Number(process.env.PORTOLAN_KILLS ?? 2)

/** Within so many steps a program that has just opened the host changes rules. */
const firstSteps = 40

const portIn = (line: string): number => Number(line.split(' ')[1])

/** Compares what a new process found with the answers that the killed one got. Returns the model that fits. */
const check = (
  step: string,
  lines: readonly CallLine[],
  models: readonly Model[],
  { before, after }: { readonly before: HostState; readonly after: HostState },
): Model => {
  const failed = lines.filter(({ error }) => error !== undefined && !documentedErrors.includes(error))
  expect({ step, failed }).toEqual({ step, failed: [] })
  const last = lines.at(-1)
  const found = linesFound(before, before.ports)
  const chosen = models
    .map((model) => withFoundAddresses(model, before))
    .find((model) => JSON.stringify(linesOf(model)) === JSON.stringify(found))
  if (chosen === undefined)
    throw new Error(`${step}: ${JSON.stringify({ found, models: models.map(linesOf), last })}`)
  // Before any repair: all ports that were answered are active. Beyond them only the port of the interrupted call may
  // be.
  const inForce = new Set(before.inForce.map(portIn))
  const known = models.flatMap(({ ports }) => [...ports.keys()])
  const mismatched = [...new Set([...known, ...inForce])].filter((port) =>
    inForce.has(port) ? !known.includes(port) : models.every(({ ports }) => ports.has(port)),
  )
  expect({ step, mismatched, last }).toEqual({ step, mismatched: [], last })
  expect({ step, ports: after.ports, inForce: after.inForce }).toEqual({
    step,
    ports: before.ports,
    inForce: before.ports,
  })
  return chosen
}

/** Checks that the published ports answer, to the machines that may reach them. */
const checkTraffic = async (
  lab: Lab,
  step: string,
  { networks, ports }: Model,
  { after }: { readonly after: HostState },
) => {
  const bridge = after.networks.find(({ name }) => name === 'a')?.bridge
  if (!networks.has('a') || bridge === undefined) return
  const all = Array.from({ length: 20 }, (_, at) => 8000 + at)
  const wanted = all.filter((port) => ports.has(port))
  // Without any port the bridge does not come up. The kill may have come before a port was attached.
  if (wanted.length > 0) await lab.host.areUp([bridge, 'v-every'])
  const forNeighbour = wanted.filter((port) => !isRestricted(port))
  const wrong = await Promise.all([
    wrongPorts(lab.client, all, new Set(wanted)),
    wrongPorts(lab.neighbour, all, new Set(forNeighbour)),
  ])
  const where = { step, network: after.networks.find(({ name }) => name === 'a') }
  expect({ where, wrong: wrong.flat() }).toEqual({ where, wrong: [] })
}

/** Programs that are killed at any instant. */
export const killed = (open: OpenLab, backend: Backend): void => {
  const environment = {
    CALLS_BACKEND: backend,
    CALLS_STATE: '/run/lab/live',
    CALLS_NAME: 'a',
    CALLS_PORT: '8000',
    CALLS_LINK: 'v-every',
  }
  /** Kills programs one after another, and checks the host after each kill. */
  const checkAfterEachKill = async (
    run: (lab: Lab, at: number) => Promise<{ stdout: string; stderr: string }>,
  ) => {
    const lab = await open()
    await everyAddress(lab)
    const attempts = tryClosedPorts(lab, lab.neighbour)
    let model = emptyModel
    for (let at = 0; at < kills; at += 1) {
      const { stdout, stderr } = await run(lab, at)
      expect(stderr).toBe('')
      const lines = printedLines(stdout)
      const found = await readTwice(lab, environment)
      model = check(`kill ${at}`, lines, possibleModels(model, lines), found)
      await checkTraffic(lab, `kill ${at}`, model, found)
    }
    expect(await attempts.stop()).toEqual([])
  }

  test(`keeps every answered call, and leaves no call half done, after ${kills} kills at system calls that write`, async () => {
    const drawing = drawingOf(Number(process.env.PORTOLAN_SEED), 10)
    await checkAfterEachKill((lab, at) => {
      const moment = drawKillMoment(drawing, 600, 2100)
      if (process.env.PORTOLAN_KILLS !== undefined)
        process.stderr.write(`${backend}, live, ${JSON.stringify(moment)}\n`)
      // The words for `env`, which sets the variables and runs the program.
      const variables = { ...environment, CALLS_SEED: String(2000 + at), CALLS_COUNT: '60' }
      const words = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
      return runKilled(lab.host, ['env', ...words, ...argvOf('calls.mjs')], moment, 3000)
    })
  }, 36e5)

  test(`keeps every answered call, and leaves no call half done, after ${kills} kills at any instant`, async () => {
    await checkAfterEachKill(async (lab, at) => {
      const running = lab.host.start(argvOf('calls.mjs'), {
        environment: { ...environment, CALLS_SEED: String(at + 1) },
      })
      await new Promise((resolve) => setTimeout(resolve, 600 + ((at * 7919) % 1500)))
      running.kill('SIGKILL')
      return running.outcome
    })
  })

  test(`keeps every answered call, and leaves no call half done, after ${kills} kills before a step`, async () => {
    await checkAfterEachKill((lab, at) =>
      lab.host.run(argvOf('calls.mjs'), {
        environment: {
          ...environment,
          CALLS_SEED: String(1000 + at),
          CALLS_COUNT: '60',
          NODE_OPTIONS: `--import=${preload}`,
          KILL_BEFORE: String(1 + ((at * 7) % firstSteps)),
        },
      }),
    )
  })
}
