import { expect } from '@jest/globals'
import { fromJson } from '../../from-json.ts'
import type { Backend } from '../../lab/backend.ts'
import type { CommandOutcome, Lab } from '../../lab/lab.ts'
import type { Machine } from '../../lab/machine.ts'
import { bareMachine } from '../attach/in-namespace.ts'

/** The command's state directory in these tests. */
export const state = '/run/lab/lost'

/** A Compose file with these services, of which `web` has one published port. */
export const shopOf = (...services: readonly string[]): string =>
  [
    'name: shop',
    'networks: {front: {enable_ipv6: true, x-portolan: {pool: classic}}}',
    'services:',
    ...services.map(
      (name) => `  ${name}: {networks: [front]${name === 'web' ? ', ports: ["8080:80"]' : ''}}`,
    ),
    '',
  ].join('\n')

/** Runs the command with this state directory. */
export const runIn =
  (lab: Lab, backend: Backend) =>
  (name: string, ...words: readonly string[]): Promise<CommandOutcome> =>
    lab.portolan([
      ...[name, ...words, '--state', state],
      ...(['detach', 'destroy', 'status'].includes(name) ? [] : ['--backend', backend]),
    ])

/** An attached endpoint, and its machine. */
export interface Attached {
  readonly name: string
  readonly machine: Machine
  readonly ip: string
  readonly ip6: string
}

/**
 * A shop with endpoints at addresses that a plan with an empty store would not give: an earlier endpoint was
 * removed.
 */
export interface LostShop {
  readonly file: string
  readonly web: Attached
  /** An endpoint with a name that is in no file. */
  readonly job: Attached
}

/** Attaches an endpoint to network `front` by the command. Without a machine it makes one. */
export const attachIn = async (
  lab: Lab,
  backend: Backend,
  name: string,
  machine?: Machine,
): Promise<Attached> => {
  const at = machine ?? (await bareMachine(lab, name))
  const words = ['shop/front', '--netns', String(at.pid), '--name', name, '--json']
  const { exitCode, stdout } = await runIn(lab, backend)('attach', ...words)
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.any(String) })
  const { ip, ip6 } = JSON.parse(stdout)
  return { name, machine: at, ip, ip6 }
}

/** Applies the shop, and attaches `web` and `job`. */
export const openShop = async (lab: Lab, backend: Backend): Promise<LostShop> => {
  const run = runIn(lab, backend)
  for (const services of [['first', 'web'], ['web']])
    expect(
      await run('apply', '-f', await lab.write('shop.yaml', shopOf(...services)), '--yes'),
    ).toMatchObject({ exitCode: 0 })
  const web = await attachIn(lab, backend, 'web')
  expect(web.ip).toBe('172.17.0.2')
  return { file: await lab.write('shop.yaml', shopOf('web')), web, job: await attachIn(lab, backend, 'job') }
}

/** Loses the state directory, as after a new disk. The kernel keeps its state. */
export const loseState = (lab: Lab): Promise<string> => lab.host.mustRun(['sh', '-c', loseScript(state)])

/**
 * A shell script that removes the directory by a rename first. A program that makes the directory again during a slow
 * removal would else keep it.
 */
export const loseScript = (directory: string): string =>
  `mv ${directory} ${directory}.going && rm -r ${directory}.going`

/** The attached endpoints with the addresses of their leases. */
export const leasesOf = async (lab: Lab): Promise<unknown> => {
  const { stdout } = await lab.portolan(['status', '-p', 'shop', '--state', state, '--json'])
  const { endpoints } = fromJson<{
    readonly endpoints: readonly { readonly endpoint: string; readonly addresses: readonly string[] }[]
  }>(stdout)
  return Object.fromEntries(endpoints.map(({ endpoint, addresses }) => [endpoint, [...addresses].sort()]))
}
