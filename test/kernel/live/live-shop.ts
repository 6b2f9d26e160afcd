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

/** A live project with a network, a container on it, and two ports: one open to all, one to the client alone. */
export const openedShop = async (lab: Lab, backend: Backend): Promise<void> => {
  await contain(lab, (await inShopAgain(lab, backend, shop)) as Leased)
}

export const served = async (lab: Lab, machine: 'client' | 'neighbour', port: number): Promise<boolean> =>
  (await lab[machine].probe({ protocol: 'tcp', destination: addresses.ip.host, port })).delivered

/** The ports that are open, to each machine: one to all, one to the client alone. */
const looks = [
  ['client', 8080],
  ['neighbour', 8080],
  ['client', 8081],
] as const

const isWhole = async (lab: Lab): Promise<boolean> => {
  const answers = await Promise.all(
    looks.map(([machine, port]) =>
      lab[machine].reach({ protocol: 'tcp', destination: addresses.ip.host, port }),
    ),
  )
  // This one is never open, whatever is being repaired.
  expect(await served(lab, 'neighbour', 8081)).toBe(false)
  return answers.every(({ delivered }) => delivered)
}

/** Both ports are as they were asked for. */
export const expectWhole = async (lab: Lab): Promise<void> => {
  expect(await isWhole(lab)).toBe(true)
}

/** Both ports come to be as they were asked for. */
export const untilWhole = async (lab: Lab): Promise<void> => {
  await until('both ports', () => isWhole(lab))
}
