import { expect } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import { addresses } from '../../lab/topology.ts'
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

/** @param timeoutMs - an answer that is due may take its time on a busy machine */
export const served = async (
  lab: Lab,
  machine: 'client' | 'neighbour',
  port: number,
  timeoutMs = 300,
): Promise<boolean> =>
  (await lab[machine].probe({ protocol: 'tcp', destination: addresses.ip.host, port, timeoutMs })).delivered

/** Both ports are as they were asked for: one open to all, one to the client alone. */
export const expectWhole = async (lab: Lab): Promise<void> => {
  expect([
    await served(lab, 'client', 8080, 5000),
    await served(lab, 'neighbour', 8080, 5000),
    await served(lab, 'client', 8081, 5000),
    await served(lab, 'neighbour', 8081),
  ]).toEqual([true, true, true, false])
}
