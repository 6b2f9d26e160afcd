import { expect } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import type { CommandOutcome, Lab } from '../../lab/lab.ts'
import type { Machine } from '../../lab/machine.ts'
import { bareMachine } from '../attach/in-namespace.ts'

/** Where the command keeps its state in these tests. */
export const state = '/run/lab/lost'

/** A project of these services, with one published port of `web`. */
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

/** Runs the command with that state directory. */
export const runIn =
  (lab: Lab, backend: Backend) =>
  (name: string, ...words: readonly string[]): Promise<CommandOutcome> =>
    lab.portolan([
      ...[name, ...words, '--state', state],
      ...(['detach', 'destroy', 'status'].includes(name) ? [] : ['--backend', backend]),
    ])

/** An endpoint that is attached, with the machine that it is. */
export interface Attached {
  readonly name: string
  readonly machine: Machine
  readonly ip: string
  readonly ip6: string
}

/** A shop whose endpoints have addresses that no plan of an empty store gives: an endpoint before them went. */
export interface LostShop {
  readonly file: string
  readonly web: Attached
  /** Attached under a name that no file has. */
  readonly job: Attached
}

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

/** The state directory is gone, as after a disk was changed: nothing of the kernel is. */
export const lose = (lab: Lab): Promise<string> => lab.host.mustRun(['sh', '-c', losing(state)])

/** At once, for a shell: a program that makes a directory again while it is emptied would keep it there. */
export const losing = (directory: string): string =>
  `mv ${directory} ${directory}.going && rm -r ${directory}.going`

/** The attached endpoints with the addresses that their leases tell. */
export const toldOf = async (lab: Lab): Promise<unknown> => {
  const { stdout } = await lab.portolan(['status', '-p', 'shop', '--state', state, '--json'])
  const { endpoints } = JSON.parse(stdout) as {
    readonly endpoints: readonly { readonly endpoint: string; readonly addresses: readonly string[] }[]
  }
  return Object.fromEntries(endpoints.map(({ endpoint, addresses }) => [endpoint, [...addresses].sort()]))
}
