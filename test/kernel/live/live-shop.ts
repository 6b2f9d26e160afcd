import { expect } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import { addresses } from '../../lab/topology.ts'
import { until } from '../../lab/until.ts'
import { contain, inShopAgain, type Leased } from './in-live-host.ts'

const shop = `await host.ensureNetwork('web', { pool: 'classic', ipv6: true })
  const one = await leased('web', 'web-1')
  await host.publish([
    { hostPort: 8080, to: { endpoint: 'web-1', port: 80 } },
    { hostPort: 8081, to: { endpoint: 'web-1', port: 80 }, allowFrom: ['${addresses.ip.client}'] },
  ])
  report(one)`

/** Opens a live project with a network, a container and two ports: one open to all machines, one only to the client. */
export const openedShop = async (lab: Lab, backend: Backend): Promise<void> => {
  await contain(lab, (await inShopAgain(lab, backend, shop)) as Leased)
}

/** True: one probe of the machine is answered at the host port. */
export const served = async (lab: Lab, machine: 'client' | 'neighbour', port: number): Promise<boolean> =>
  (await lab[machine].probe({ protocol: 'tcp', destination: addresses.ip.host, port })).delivered

/** The ports that must answer, by machine. */
const requestedAnswers = [
  ['client', 8080],
  ['neighbour', 8080],
  ['client', 8081],
] as const

const isWhole = async (lab: Lab): Promise<boolean> => {
  const answers = await Promise.all(
    requestedAnswers.map(([machine, port]) =>
      lab[machine].reach({ protocol: 'tcp', destination: addresses.ip.host, port }),
    ),
  )
  // This machine may never reach the port, also during a repair.
  expect(await served(lab, 'neighbour', 8081)).toBe(false)
  return answers.every(({ delivered }) => delivered)
}

/** Expects that both ports answer as requested. */
export const expectWhole = async (lab: Lab): Promise<void> => {
  expect(await isWhole(lab)).toBe(true)
}

/** Waits until both ports answer as requested. */
export const untilWhole = async (lab: Lab): Promise<void> => {
  await until('both ports', () => isWhole(lab))
}
